"""The runner and the printer of the table of faults."""

import argparse
import subprocess
from pathlib import Path

import pytest

from tests.faults import outcomes
from tests.faults.__main__ import attempt, judge, settings
from tests.faults.bench import Bench
from tests.faults.mounts import limited
from tests.faults.outcomes import IMPOSSIBLE, NO, YES, Outcome
from tests.faults.table import Fault, Impossible, refusal
from tests.support.workspace import Workspace


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
        (seen, ("error: data/x: no https://127.0.0.1:PORT/ in .", YES)),
        (not_as_expected, ("a file is half-written", NO)),
        (impossible, ("not possible here: no strace command", IMPOSSIBLE)),
    ],
)
def test_the_verdict_on_a_fault(tmp_path: Path, inject, verdict: tuple[str, str]) -> None:
    outcome = judge(Fault("x", "y", inject, quick=True), Bench(tmp_path))
    assert (outcome.fault, outcome.expected, outcome.seen, outcome.passed) == ("x", "y", *verdict)


def test_a_mistake_in_a_fault_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        judge(Fault("x", "y", broken, quick=True), Bench(tmp_path))


def test_the_last_outcome_of_each_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "KEPT", tmp_path / "kept")
    assert outcomes.kept("3 kills") == {}
    passed = Outcome("one", "fine", "fine", YES, 1.5)
    failed = Outcome("two", "fine", "broken", NO)
    for outcome in (Outcome("one", "fine", "broken", NO), passed, failed):
        outcomes.keep(outcome, "3 kills")
    outcomes.keep(Outcome("three", "fine", "fine", YES), "4 kills")
    assert outcomes.kept("3 kills") == {"one": passed, "two": failed}


def test_what_passed_is_not_tried_again_and_what_failed_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "KEPT", tmp_path / "kept")
    options = argparse.Namespace(kills=1, every=1, words=[])
    known = {"one": Outcome("one", "fine", "before", YES), "two": Outcome("two", "fine", "broken", NO)}
    chosen = [Fault(name, "fine", seen, quick=True) for name in ("one", "two", "three")]
    assert [outcome.seen[:6] for outcome in attempt(chosen, known, options)] == ["before", "error:", "error:"]
    assert list(outcomes.kept(settings(options))) == ["two", "three"]


def test_the_document() -> None:
    rows = [
        Outcome("one", "fine", "a | b", YES, 1800),
        Outcome("two", "fine", "not possible here: x", IMPOSSIBLE),
        Outcome("3", "fine", "oh", NO),
    ]
    text = outcomes.document(rows, 100, 1, "there")
    assert "- Of 3 faults 1 ended as expected, 1 did not, 1 could not be tried on that machine.\n" in text
    assert "- A training is killed at 100 random moments, and each stage at every one of its writes;" in text
    assert "- 30 minutes of a machine" in text
    assert "; there.\n\n| fault |" in text
    assert "\n| one | fine | a \\| b | yes |\n" in text
    assert text.endswith("| two | fine | not possible here: x | – |\n| 3 | fine | oh | **no** |\n")
    assert "each stage at one in 20 of its writes;" in outcomes.document(rows, 3, 20, "")


def test_a_table_of_what_was_tried_so_far() -> None:
    text = outcomes.document([Outcome("one", "fine", "fine", YES)], 100, 1, "", untried=["two", "three"])
    assert "Of 3 faults 1 ended as expected, 2 have not been tried with this code yet (listed below)." in text
    assert text.endswith("\n\nNot tried yet:\n\n- two\n- three\n")


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
