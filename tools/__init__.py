"""The commands that `make` runs; the pipeline imports none of them."""

import pipeline  # noqa: F401  # sets the environment, also for the programs that a tool starts
