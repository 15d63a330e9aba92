"""Runs the stages that are out of date on the nodes of a Ray cluster: `make cluster`."""
