"""What every other package may use: errors, atomic files, paths, git."""
