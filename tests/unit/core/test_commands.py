"""Other programs: what they print, why they failed, and that they end."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline.core import commands, git
from pipeline.core.errors import PipelineError

GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "init.defaultBranch=main")


def test_output_is_bytes_or_text(tmp_path: Path) -> None:
    assert commands.run_bytes("printf", r"a\r\n\377", cwd=tmp_path) == b"a\r\n\xff"
    assert commands.run("printf", r"\303\251\377", cwd=tmp_path) == "é\udcff"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ERROR: unknown\n\nHaving any troubles? Hit us up at x\n", "ERROR: unknown"),
        ("warning: x\nfatal: bad object HEAD\nhint: y", "fatal: bad object HEAD"),
        (
            "fatal: Unable to create '/x/.git/index.lock': File exists.\n\nAnother git process seems\nremove manually.",
            "fatal: Unable to create '/x/.git/index.lock': File exists.; remove that file if no git is running there",
        ),
        ("Traceback (most recent call last):\n  File x\nKeyError: 5", "KeyError: 5"),
        (
            "ERROR: repository path '/x' is not owned by current user",
            "ERROR: repository path '/x' is not owned by current user; it is another user's; if you trust it:"
            " `git config --global --add safe.directory '/x'`",
        ),
        ("something\nelse", "something"),
        ("", "it gave no reason"),
    ],
)
def test_the_reason_is_the_line_that_says_it(text: str, expected: str) -> None:
    assert commands.reason(text, Path("/x")) == expected


def test_a_missing_program_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="no-such-program: not found; install it"):
        commands.run("no-such-program", cwd=tmp_path)


def test_a_program_that_does_not_end_is_ended_with_its_children(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(commands, "PATIENCE", 0.2)
    begin = time.monotonic()
    with pytest.raises(PipelineError, match="not finished after 1 s"):
        commands.run("sh", "-c", "sleep 61.5; true", cwd=tmp_path, limit=1.0)
    assert time.monotonic() - begin < 10
    assert capsys.readouterr().err == f"waiting for `sh -c sleep 61.5; true` in {tmp_path}, at most 1 s\n"
    assert not [process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "61.5"]]


def test_a_program_cannot_ask(tmp_path: Path) -> None:
    code = "import os, sys; print(sys.stdin.read() == '', os.environ['GIT_TERMINAL_PROMPT'])"
    assert commands.run(sys.executable, "-c", code, cwd=tmp_path) == "True 0\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    for words in (["init", "-q", str(root)], ["-C", str(root), "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*GIT, *words], check=True)
    return root


def test_the_state_of_a_checkout(repository: Path) -> None:
    found = git.state(repository)
    assert len(found.pop("git_commit")) == 40
    assert found == {"git_clean": True, "experiment": None}
    subprocess.run(["git", "-C", str(repository), "config", "status.showUntrackedFiles", "no"], check=True)
    (repository / "new.py").touch()
    assert git.state(repository)["git_clean"] is False


def test_why_the_commit_is_unknown(repository: Path, tmp_path: Path, monkeypatch) -> None:
    found = git.state(tmp_path)
    assert (found["git_commit"], found["git_clean"]) == (None, None)
    assert "not a git repository" in found["git_problem"]
    if os.getuid() == 0:
        os.chown(repository, 4321, 4321)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        problem = git.state(repository)["git_problem"]
        assert "dubious ownership" in problem
        assert f"git config --global --add safe.directory '{repository}'" in problem
