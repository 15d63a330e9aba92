"""Code that every other package may use: environment, errors, messages, files, paths, git, other programs, versions."""
