"""Run git, dvc and other programs: what they print, or one line that says why they failed."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from pipeline.core.errors import PipelineError

PATIENCE = 10.0  # seconds after which a person is told what is waited for
LIMIT = 600.0  # seconds
NOBODY_ANSWERS = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}  # no questions, and errors in the words looked for here
CAUSES = ("fatal:", "error:")
TRUST = "it is another user's; if you trust it: `git config --global --add safe.directory '{cwd}'`"
ADVICE = {  # by what a program says: what to do
    "dubious ownership": TRUST,
    "is not owned by current user": TRUST,  # libgit2, in dvc
    ".lock': File exists": "remove that file if no git is running there",
    "not a git repository": "clone the project with git",
    "unknown Git revision": "in a shallow clone `git fetch --unshallow` gets the history",
}


def run(*command: str, cwd: Path, env: Mapping[str, str] | None = None, limit: float | None = LIMIT) -> str:
    """The same as `run_bytes`, as UTF-8 with surrogates for other bytes."""
    return run_bytes(*command, cwd=cwd, env=env, limit=limit).decode("utf-8", "surrogateescape")


def run_bytes(*command: str, cwd: Path, env: Mapping[str, str] | None = None, limit: float | None = LIMIT) -> bytes:
    """Run a program and return what it prints.

    Args:
        command: The program and its arguments.
        cwd: The folder that it runs in.
        env: Its environment; without it, this process's.
        limit: Seconds that it may take; None for no limit.

    Raises:
        PipelineError: It is not installed, failed, or took too long; one line with its reason.
    """
    shown = " ".join(command[:4])
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**(os.environ if env is None else env), **NOBODY_ANSWERS},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except FileNotFoundError:
        raise PipelineError(f"{command[0]}: not found; install it, or activate .venv") from None
    try:
        printed, errors = _wait(process, shown, cwd, limit)
    except BaseException:
        _kill(process)
        raise
    if process.returncode:
        problem = reason((errors.strip() or printed).decode(errors="replace"), cwd)
        raise PipelineError(f"{shown}, in {cwd}: ended with {process.returncode}: {problem}")
    return printed


def reason(text: str, cwd: Path) -> str:
    """Why a program failed, from what it printed, and what to do about it if that is known."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return "it gave no reason"
    causes = [line for line in lines if line.lower().startswith(CAUSES)]
    if not causes:
        causes = lines[-1:] if lines[0].startswith("Traceback") else lines[:1]
    advice = [remedy.format(cwd=cwd) for said, remedy in ADVICE.items() if said in text]
    return "; ".join(dict.fromkeys([*causes, *advice]))


def _wait(process: subprocess.Popen[bytes], shown: str, cwd: Path, limit: float | None) -> tuple[bytes, bytes]:
    """Wait for the end, and say so if it takes long; PipelineError once `limit` has passed."""
    with suppress(subprocess.TimeoutExpired):
        return process.communicate(timeout=PATIENCE if limit is None else min(PATIENCE, limit))
    most = "" if limit is None else f", at most {limit:.0f} s"
    print(f"waiting for `{shown}` in {cwd}{most}", file=sys.stderr, flush=True)
    try:
        return process.communicate(timeout=None if limit is None else max(0.0, limit - PATIENCE))
    except subprocess.TimeoutExpired:
        raise PipelineError(f"{shown}, in {cwd}: not finished after {limit:.0f} s, ended it; try again") from None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a program and those that it started."""
    with suppress(psutil.NoSuchProcess):
        for child in (*psutil.Process(process.pid).children(recursive=True), process):
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                child.kill()
    process.wait()
