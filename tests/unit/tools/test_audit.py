"""What `make audit` makes of pip-audit's answers."""

import datetime
import subprocess
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from tools import audit

ANSWER = [
    {"name": "sound", "version": "1.0", "vulns": []},
    {
        "name": "broken",
        "version": "2.0",
        "vulns": [
            {"id": "PYSEC-2030-1", "aliases": ["CVE-2030-1"], "fix_versions": ["2.1"]},
            {"id": "PYSEC-2030-2", "aliases": [], "fix_versions": []},
        ],
    },
    {"name": "unheard-of", "skip_reason": "not found"},
]


def test_vulnerabilities_are_named_and_unknown_packages_are_not_called_sound() -> None:
    found, unknown = audit.judge(ANSWER, {})
    assert found == ["broken 2.0: PYSEC-2030-1, mended in 2.1", "broken 2.0: PYSEC-2030-2, mended in no version"]
    assert unknown == ["unheard-of"]


def test_an_exception_counts_under_any_of_its_names() -> None:
    assert audit.judge(ANSWER, {"CVE-2030-1": "x"})[0] == ["broken 2.0: PYSEC-2030-2, mended in no version"]


def test_an_exception_ends_after_its_day(tmp_path: Path) -> None:
    path = tmp_path / "exceptions.csv"
    path.write_text("advisory,until,reason\nCVE-1,2027-05-31,behind a wall\n")
    assert audit.exceptions(path, datetime.date(2027, 5, 31)) == {"CVE-1": "behind a wall"}
    assert audit.exceptions(path, datetime.date(2027, 6, 1)) == {}
    path.write_text("advisory,until,reason\nCVE-1,soon,x\n")
    with pytest.raises(PipelineError, match=r"^exceptions\.csv: expected advisory,until,reason"):
        audit.exceptions(path, datetime.date(2027, 6, 1))


def test_our_exceptions_can_be_read_and_have_reasons() -> None:
    assert all(audit.exceptions(audit.EXCEPTIONS, datetime.date(2020, 1, 1)).values())


def test_no_answer_is_not_a_good_answer(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'ERROR: connection refused' >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(PipelineError, match="^ERROR: connection refused$"):
        audit.ask(tmp_path / "requirements.lock", python)


def test_where_nothing_can_be_reached_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = subprocess.CompletedProcess([], 1, "", "x\nno route to host\n")
    monkeypatch.setattr(audit.venv, "create", lambda *_, **__: None)
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: done)
    audit.main(None)
    printed = capsys.readouterr().out
    assert printed == "NOT AUDITED, no database of vulnerabilities can be reached: no route to host\n"
