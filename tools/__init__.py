"""What a person runs by hand beside the pipeline; nothing here is imported by it."""

import pipeline  # noqa: F401  # sets the environment, also for the programs that a tool starts
