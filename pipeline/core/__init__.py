"""Code that every other package may use: errors, atomic file writes, paths, git."""
