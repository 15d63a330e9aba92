"""How errors reach a person: one line and an exit status."""

import argparse
import errno
import sys

import pytest

from pipeline.core import errors
from pipeline.core.errors import Interrupted, PipelineError


def end(monkeypatch, failure, *arguments):
    """Run a `main` that fails, and return the exit status or message that Python is asked to exit with."""

    def main(_):
        if failure is not None:
            raise failure

    monkeypatch.setattr(sys, "argv", ["stage", *arguments])
    with pytest.raises(SystemExit) as caught:
        errors.run_command(main, argparse.ArgumentParser())
    return caught.value.code


def test_an_error_is_one_line_and_status_1(monkeypatch):
    assert (
        end(monkeypatch, PipelineError("a.csv: broken; mend it")) == "error: a.csv: broken; mend it"
    )  # Python exits with 1
    assert end(monkeypatch, FileNotFoundError(2, "No such file or directory", "a\nb")).count("\n") == 0


def test_an_interruption_is_status_130(monkeypatch, capsys):
    assert end(monkeypatch, KeyboardInterrupt()) == 130
    assert end(monkeypatch, Interrupted("SIGTERM; `dvc repro` goes on from here")) == 130
    assert capsys.readouterr().err == "interrupted\ninterrupted: SIGTERM; `dvc repro` goes on from here\n"


def test_debug_shows_where_it_happened(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["stage", "--debug"])
    for failure in (PipelineError("x"), OSError("x"), KeyboardInterrupt(), Interrupted("x")):

        def main(_, failure=failure):
            raise failure

        with pytest.raises(type(failure)):
            errors.run_command(main, argparse.ArgumentParser())


def test_a_mistake_in_the_code_is_not_dressed_up(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["stage"])

    def main(_):
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        errors.run_command(main, argparse.ArgumentParser())


def test_arguments_reach_main(monkeypatch):
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    monkeypatch.setattr(sys, "argv", ["stage", "lenet-plain"])
    found = []
    errors.run_command(lambda arguments: found.append(arguments.run), parser)
    assert found == ["lenet-plain"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_called_that(code):
    expected = "a.npz: no space left on the device; free some and run again"
    assert errors.describe(OSError(code, "x", "a.npz")) == expected
    assert errors.describe(OSError(code, "x")) == "disk: no space left on the device; free some and run again"


def test_other_errors_in_words():
    assert errors.describe(PipelineError("as it is")) == "as it is"
    assert errors.describe(ConnectionError("first\n  second")) == "first second"
    assert errors.describe(TimeoutError()) == "TimeoutError"


def test_did_you_mean():
    known = ["lenet-plain", "vgg-plain"]
    assert errors.did_you_mean("lenet-plane", known) == "; did you mean 'lenet-plain'? (known: lenet-plain, vgg-plain)"
    assert errors.did_you_mean("xyz", known) == " (known: lenet-plain, vgg-plain)"
