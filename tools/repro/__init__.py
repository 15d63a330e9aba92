"""`make repro`: every stage that is out of date, run by run, with a plan and the time left."""
