"""`make doctor` makes every check, prints a line for each, and exits with 1 if something is wrong."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core.paths import ROOT
from tests.support.checkout import OUT, assert_wrong, make_checkout
from tools import doctor


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path)


def test_every_check_passes(checkout: Path) -> None:
    found = dict(doctor.examine(checkout, repair=False))
    assert found["dvc.lock"] == doctor.Verdict("10 stages")
    assert found["dvc cache"] == doctor.Verdict("1 objects, none corrupt or lost")
    assert found["results"] == doctor.Verdict("1 files as in dvc.lock")
    assert found["mlflow.db"] == doctor.Verdict("intact")
    assert found["running"] == doctor.Verdict("none")
    assert found["left-overs"] == doctor.Verdict("no temporary files")


def test_a_check_that_raises_is_wrong_and_the_others_are_made(checkout: Path) -> None:
    (checkout / "params.yaml").write_text("runs:")
    found = dict(doctor.examine(checkout, repair=False))
    assert_wrong(found["results"], "params.yaml: ")
    assert not found["left-overs"].remedy


@pytest.mark.parametrize(
    ("file", "content", "check", "said"),
    [
        ("dvc.yaml", b"<<<<<<< HEAD\nstages: [\n", "dvc.lock", "dvc.yaml"),
        ("dvc.lock", b"stages: \xff", "dvc.lock", "dvc.lock', is not valid utf-8"),
        (".checkpoints/lenet-plain-0/training.json", b"", "running", "training.json: damaged"),
        (".checkpoints/lenet-plain-0/training.json", b"{}", "running", "training.json: damaged"),
    ],
)
def test_damaged_files_are_named(checkout: Path, file, content, check, said) -> None:
    (checkout / file).parent.mkdir(parents=True, exist_ok=True)
    (checkout / file).write_bytes(content)
    found = dict(doctor.examine(checkout, repair=False))
    assert_wrong(found[check], said)
    assert found["mlflow.db"] == doctor.Verdict("intact")


def test_exit_status(checkout: Path) -> None:
    for name in ("pipeline", "tools", "models"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    (checkout / "requirements.lock").write_text("")
    shutil.copy(ROOT / "pyproject.toml", checkout)
    for words in (
        ["init", "-q"],
        ["-c", "user.name=x", "-c", "user.email=x", "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", *words], cwd=checkout, check=True)
    command = [sys.executable, "-m", "tools.doctor"]
    before = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    (checkout / OUT).unlink()
    after = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    disk_is_full = "WRONG  disk" in before.stdout
    assert before.returncode == disk_is_full, before.stdout + before.stderr
    assert (after.returncode, after.stdout.count("WRONG")) == (1, 1 + disk_is_full)
    assert f"WRONG  results     absent: {OUT}; run `dvc checkout`" in after.stdout
