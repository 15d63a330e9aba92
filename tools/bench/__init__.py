"""Measures this project against the usual alternatives: `make bench`."""
