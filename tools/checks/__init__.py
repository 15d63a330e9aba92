"""The checks of `make doctor`, one subject per file; each takes the project's folder and returns a Verdict."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """The finding of a check in a few words, and what to do about it; `remedy` is empty if nothing is wrong."""

    found: str
    remedy: str = ""


def first_few(names: Sequence[str], limit: int = 3) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
