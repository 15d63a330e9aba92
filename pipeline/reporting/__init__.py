"""The report: statistics of the runs' results, and the tables, sentences and pages that present them."""
