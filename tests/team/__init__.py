"""The team's parts, for real but without containers: `make test-team`."""
