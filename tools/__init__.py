"""The commands that `make` runs; the pipeline imports none of them."""
