"""Versions of installed packages."""

from importlib import metadata

SAME_LIBRARY = {"tensorflow": "tensorflow-cpu"}  # on Linux without a GPU; the same library without CUDA


def installed_version(package: str) -> str | None:
    """The version of a package, or of the same library under its other name; None if it is not installed."""
    names = (package, SAME_LIBRARY.get(package, package))
    return next((found.version for name in names for found in metadata.distributions(name=name)), None)
