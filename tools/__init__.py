"""What a person runs by hand beside the pipeline; nothing here is imported by it."""
