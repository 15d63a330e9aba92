"""How errors reach a person: one line and an exit status."""

import argparse
import errno
import sys
from types import SimpleNamespace

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


def test_errors_are_one_line(monkeypatch):
    message = "error: a.csv: broken; restore it"  # with a message, Python exits with 1
    assert end(monkeypatch, PipelineError("a.csv: broken; restore it")) == message
    assert end(monkeypatch, FileNotFoundError(2, "No such file or directory", "a\nb")).count("\n") == 0
    assert end(monkeypatch, RecursionError("maximum recursion depth")).startswith(
        "error: a file that it reads is damaged"
    )


def test_interruptions_exit_with_130(monkeypatch, capsys):
    assert end(monkeypatch, KeyboardInterrupt()) == 130
    assert end(monkeypatch, Interrupted("SIGTERM; `dvc repro` continues from here")) == 130
    assert capsys.readouterr().err == "interrupted\ninterrupted: SIGTERM; `dvc repro` continues from here\n"


def test_debug_shows_the_stack_trace(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["stage", "--debug"])
    for failure in (PipelineError("x"), OSError("x"), KeyboardInterrupt(), Interrupted("x")):

        def main(_, failure=failure):
            raise failure

        with pytest.raises(type(failure)):
            errors.run_command(main, argparse.ArgumentParser())


def test_bugs_keep_their_stack_trace(monkeypatch):
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
def test_full_disk(code, tmp_path, monkeypatch):
    """Named is the file, or the full folder: the working directory or that of temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=0 if folder == str(tmp_path) else 1e9))
    expected = "a.npz: no space left on the device; free some and run again"
    assert errors.describe(OSError(code, "x", "a.npz")) == expected
    assert errors.describe(OSError(code, "x")) == f"{tmp_path}: no space left on the device; free some and run again"


def test_messages_of_errors():
    assert errors.describe(PipelineError("as it is")) == "as it is"
    assert errors.describe(ConnectionError("first\n  second")) == "first second"
    assert errors.describe(TimeoutError()) == "TimeoutError"


def test_control_characters_are_escaped(monkeypatch):
    assert errors.printable("é × 1\x1b[2J\n\x9b\u202e") == "é × 1\\x1b[2J\\n\\x9b\\u202e"
    assert errors.describe(ConnectionError("a\x1b[2Jb")) == "a\\x1b[2Jb"
    assert end(monkeypatch, PipelineError("first\x07\nsecond\x1b")) == "error: first\\x07\nsecond\\x1b"


def test_did_you_mean():
    known = ["lenet-plain", "vgg-plain"]
    assert errors.did_you_mean("lenet-plane", known) == "; did you mean 'lenet-plain'? (known: lenet-plain, vgg-plain)"
    assert errors.did_you_mean("xyz", known) == " (known: lenet-plain, vgg-plain)"
