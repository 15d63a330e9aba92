"""Measures this project against what people would otherwise do: `make bench`."""
