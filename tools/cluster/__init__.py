"""What `make repro` does, with the stale runs spread over a Ray cluster."""
