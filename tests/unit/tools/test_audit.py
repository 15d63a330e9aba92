"""`setup/audit` with a stub for Python, which stands for pip-audit, too."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.core.paths import ROOT

PYTHON = """#!/bin/sh
# Makes an environment whose pip works unless it is offline, and whose pip-audit prints what the files say.
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip") [ ! -e offline ] ;;
    "-m pip_audit") echo "$*" >>asked && cat messages >&2 && cat table && exit "$(cat status)" ;;
esac
"""
EXCEPTIONS = "advisory,until,reason\nCVE-1,2999-12-31,x\nCVE-2,2020-01-01,x\nCVE-3,soon,x\n"
UNKNOWN = "Name Skip Reason\nours could not be audited\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "setup").mkdir()
    shutil.copy(ROOT / "setup/audit", tmp_path / "setup")
    (tmp_path / "setup/audit-exceptions.csv").write_text(EXCEPTIONS)
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "requirements-test.lock").touch()
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def audit(folder: Path, status: int = 0, table: str = "", messages: str = "") -> tuple[int, list[str]]:
    for name, content in {"status": str(status), "table": table, "messages": messages}.items():
        (folder / name).write_text(content)
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": str(folder / "python")}
    done = subprocess.run(["setup/audit"], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_every_lock_is_audited_without_exceptions_that_have_ended(folder):
    none = "No known vulnerabilities found"
    status, lines = audit(folder, messages=f"x\n{none}\n")
    assert (status, lines) == (0, [f"requirements-test.lock: {none}", f"requirements.lock: {none}"])
    options = "--require-hashes --disable-pip --progress-spinner off --ignore-vuln CVE-1"
    assert (folder / "asked").read_text().splitlines() == [
        f"-m pip_audit {options} -r {name}" for name in ("requirements-test.lock", "requirements.lock")
    ]


def test_a_vulnerability_is_printed_and_fails(folder):
    row = "broken 2.0 PYSEC-2030-1 2.1"
    status, lines = audit(folder, 1, f"{row}\n{UNKNOWN}", "Found 1 known vulnerability in 1 package\n")
    assert status == 1
    assert lines[:2] == ["requirements-test.lock:", row]


def test_packages_that_the_database_lacks_are_counted(folder):
    status, lines = audit(folder, 0, UNKNOWN, "No known vulnerabilities found\n")
    assert status == 0
    assert lines[1] == "requirements-test.lock: NOT AUDITED: 1 packages that the database does not have"


def test_without_a_database_nothing_is_audited(folder):
    status, lines = audit(folder, 1, "", "Traceback\nno route to host\n")
    assert (status, lines[0]) == (0, "requirements-test.lock: NOT AUDITED: no route to host")
    (folder / "offline").touch()
    assert audit(folder) == (0, ["NOT AUDITED: pip-audit cannot be installed"])
