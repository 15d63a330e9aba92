"""Faster implementations of Keras operations; values agree with Keras' own up to rounding."""
