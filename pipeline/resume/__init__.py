"""Stopping a training and continuing it; nothing here changes its numbers."""
