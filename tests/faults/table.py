"""The table of faults: each is a function that does the damage, checks what comes of it, and says what it saw."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.bench import Bench

SAME = "the next run ends in the same bytes as an undisturbed one"


class Impossible(Exception):
    """This machine does not let the fault be injected, for the reason given."""


@dataclass(frozen=True)
class Fault:
    """`inject` raises AssertionError if what comes of it is not as `expected`; the quick ones are part of the tests."""

    name: str
    expected: str
    inject: Callable[[Bench], str]
    quick: bool


FAULTS: list[Fault] = []


def fault(name: str, expected: str, *, quick: bool = False) -> Callable[[Callable[[Bench], str]], Callable]:
    """Register a fault."""

    def register(inject: Callable[[Bench], str]) -> Callable[[Bench], str]:
        FAULTS.append(Fault(name, expected, inject, quick))
        return inject

    return register


def refusal(done: subprocess.CompletedProcess[str], *said: str) -> str:
    """The one line of a stage's error, which must hold all of `said`."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    printed = f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 1, printed
    assert "Traceback" not in done.stderr, printed
    last = next((line for line in lines if line.startswith("error: ")), "")
    for words in said:
        assert words in "\n".join(lines), f"{words!r} is not in: {printed}"
    assert last, printed
    return last


def plain(text: str) -> str:
    """`text` on one line, without what differs from one time and machine to the next."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"port=\d+", "port=PORT", text)
    text = re.sub(r"(?<=[a-z]-)[0-9a-f]{16}|(?<=\.tmp-)\w+", "…", text)  # input keys, temporary folders
    text = re.sub(r"(?:/[^\s/']+)*/workspace-\d+/", "", text)
    return " ".join(re.sub(r"(?:/[^\s/']+)*/workspace-\d+", ".", text).split())


def line(text: str, word: str) -> str:
    """The first line of `text` that holds `word`, empty if there is none."""
    return next((line for line in text.splitlines() if word in line), "")
