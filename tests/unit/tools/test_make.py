"""make hands values on as arguments: nothing in them is evaluated by make or by a shell."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.core.paths import ROOT

ACTIVATE = 'PATH="$PWD/stubs:$PATH"\n'
STUB = """#!/bin/sh
# Prints its own name, its arguments and pytest's options, a line each.
echo "$(basename "$0")"
for word; do echo "<$word>"; done
[ -z "$PYTEST_ADDOPTS" ] || echo "options:$PYTEST_ADDOPTS"
"""
ATTACKS = [
    "8080; touch x",
    "$(touch x)",
    "`touch x`",
    "$(shell touch x)",
    '"; touch x; "',
    "'; touch x; '",
    "a|touch x",
    "--help",
]
VALUES = re.search(r"^VALUES := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1].split()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what make reads, with stubs for the programs of an installed environment."""
    folder = tmp_path / "José's folder"
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / "stubs").mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    for path in ROOT.glob("requirements*.lock"):
        shutil.copy(path, folder)
        (folder / ".venv" / path.stem.removeprefix("requirements-")).touch()
    for name in ("stubs/python", "stubs/dvc"):
        (folder / name).write_text(STUB)
        (folder / name).chmod(0o755)
    (folder / ".venv/bin/activate").write_text(ACTIVATE)
    cksum = subprocess.run(["cksum"], input=(ROOT / "requirements.lock").read_bytes(), capture_output=True, check=True)
    ready = f"requirements.lock {cksum.stdout.decode().strip()} {folder}\n"
    (folder / ".venv/ready").write_text(ready)
    os.utime(folder / ".venv/ready", (0, 0))
    return folder


def make(project: Path, *words: str, **variables: str) -> list[str]:
    """The lines that the stubs print."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAKE", "MFLAGS", "PYTEST")) and name not in VALUES  # `make test` exports them, too
    }
    command = ["make", "--no-print-directory", "GPU=", *words]
    done = subprocess.run(
        command, cwd=project, env=environment | variables, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize("value", ATTACKS)
@pytest.mark.parametrize(
    ("verb", "name", "expected"),
    [
        ("ui", "PORT", ["python", "<-m>", "<tools.ui>", "<-->", "<{}>"]),
        ("serve", "PORT", ["python", "<-m>", "<tools.serve>", "<-->", "<{}>"]),
        ("promote", "RUN", ["python", "<-m>", "<tools.promote>", "<-->", "<{}>"]),
        ("export", "RUN", ["python", "<-m>", "<tools.export>", "<-->", "<{}>"]),
        ("compare", "REV", ["python", "<-m>", "<tools.compare>", "<-->", "<{}>"]),
        ("compare", "OUT", ["python", "<-m>", "<tools.compare>", "<-->", "<HEAD>", "<{}>"]),
        ("study", "NAME", ["python", "<-m>", "<tools.study>", "<-->", "<{}>"]),
        ("study", "MINUTES", ["python", "<-m>", "<tools.study>", "<--minutes={}>", "<-->"]),
        ("bench", "REPEATS", ["python", "<-m>", "<tools.bench>", "<--repeats={}>", "<-->"]),
        ("faults", "KILLS", ["python", "<-m>", "<tests.faults>", "<--kills={}>", "<-->"]),
        ("test", "ARGS", ["python", "<-m>", "<pytest>", "options: -m 'not slow' {}"]),
        ("test-all", "ARGS", ["python", "<-m>", "<pytest>", "options: {}"]),
    ],
)
def test_a_value_is_one_argument(project, verb, name, expected, value):
    lines = [line.replace("{}", value) for line in expected]
    assert make(project, verb, f"{name}={value}") == lines
    assert make(project, verb, **{name: value}) == lines  # from the environment
    assert not (project / "x").exists()


@pytest.mark.parametrize("value", [*ATTACKS, "*"])
@pytest.mark.parametrize(
    ("verb", "name", "expected"),
    [
        ("repro", "RUNS", ["tools.repro", "--"]),
        ("plan", "RUNS", ["tools.repro", "--plan", "--"]),
        ("cluster", "RUNS", ["tools.cluster", "--"]),
        ("bench", "ROWS", ["tools.bench", "--"]),
        ("faults", "ONLY", ["tests.faults", "--"]),
    ],
)
def test_a_list_is_split_at_spaces_only(project, verb, name, expected, value):
    assert make(project, verb, f"{name}={value}") == [
        "python",
        *(f"<{word}>" for word in ["-m", *expected, *value.split()]),
    ]
    assert not (project / "x").exists()


def test_flags_and_defaults(project):
    def words(*arguments):
        return " ".join(make(project, *arguments)[3:])

    assert (words("sync"), words("sync", "RESTORE=1")) == ("", "<--restore>")
    assert (words("prune"), words("prune", "YES=1")) == ("", "<--yes>")
    assert (words("doctor"), words("doctor", "REPAIR=1")) == ("", "<--repair>")
    assert words("cluster", "RUNS=a b", "ARGS=--cpus 2") == "<--cpus> <2> <--> <a> <b>"
    assert words("study", "NAME=best", "RUNS=a b", "MINUTES=5") == "<--minutes=5> <--> <best> <a> <b>"
    assert words("bench", "ROWS=train speed", "ARGS=--epochs 2") == "<--epochs> <2> <--> <train> <speed>"
