"""The runner and the printer of the table of faults."""

import subprocess
from pathlib import Path

import pytest

from tests.faults.__main__ import document, judge
from tests.faults.bench import Bench, limited
from tests.faults.table import Fault, Impossible, refusal
from tests.workspace import Workspace


def seen(bench: Bench) -> str:
    return f"error: {bench.root}/workspace-3/data/x: no\n  https://127.0.0.1:4711/ in {bench.root}/workspace-3"


def not_as_expected(bench: Bench) -> str:
    raise AssertionError("a file is\nhalf-written")


def impossible(bench: Bench) -> str:
    raise Impossible("no strace command")


def broken(bench: Bench) -> str:
    raise KeyError("a mistake in the fault itself")


@pytest.mark.parametrize(
    ("inject", "verdict"),
    [
        (seen, ("error: data/x: no https://127.0.0.1:PORT/ in .", "yes")),
        (not_as_expected, ("a file is half-written", "**no**")),
        (impossible, ("not possible here: no strace command", "-")),
    ],
)
def test_the_verdict_on_a_fault(tmp_path: Path, inject, verdict: tuple[str, str]) -> None:
    assert judge(Fault("x", "y", inject, quick=True), Bench(tmp_path)) == verdict


def test_a_mistake_in_a_fault_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        judge(Fault("x", "y", broken, quick=True), Bench(tmp_path))


def test_the_document() -> None:
    rows = [
        ("one", "fine", "a | b", "yes"),
        ("two", "fine", "not possible here: x", "-"),
        ("3", "fine", "no", "**no**"),
    ]
    text = document(rows)
    assert "1 of\n3 faults end as expected, 1 could not be injected on that machine." in text
    assert "\n| one | fine | a \\| b | yes |\n" in text
    assert text.endswith("| two | fine | not possible here: x | - |\n| 3 | fine | no | **no** |\n")


@pytest.mark.parametrize(
    ("status", "stderr", "fine"),
    [
        (1, "warning: x\nerror: the disk is full\n", True),
        (0, "error: the disk is full\n", False),
        (1, "the disk is full\n", False),
        (1, "error: something else\n", False),
        (1, "Traceback (most recent call last):\nerror: the disk is full\n", False),
    ],
)
def test_what_counts_as_a_clear_refusal(status: int, stderr: str, fine: bool) -> None:
    done = subprocess.CompletedProcess([], status, "", stderr)
    if fine:
        assert refusal(done, "disk") == "error: the disk is full"
    else:
        with pytest.raises(AssertionError):
            refusal(done, "disk")


def test_a_limited_command_cannot_write_more(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    write = "open('x', 'wb').write(bytes({}))"
    assert place.run(*limited(1, "python", "-c", write.format(1000))).returncode == 0
    refused = place.run(*limited(1, "python", "-c", write.format(50000)), check=False)
    assert "File too large" in refused.stderr
