"""`make doctor`: every check is made, each in a line, and the exit status says whether something is wrong."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core.paths import ROOT
from tests.support.checkout import OUT, make_sound, wrong
from tools import doctor


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return make_sound(tmp_path)


def test_nothing_is_wrong_with_a_sound_project(sound: Path) -> None:
    found = dict(doctor.examine(sound, repair=False))
    assert found["dvc.lock"] == doctor.Verdict("7 stages")
    assert found["dvc cache"] == doctor.Verdict("1 objects, all sound")
    assert found["results"] == doctor.Verdict("1 files as in dvc.lock")
    assert found["mlflow.db"] == doctor.Verdict("sound")
    assert found["running"] == doctor.Verdict("none")
    assert found["left-overs"] == doctor.Verdict("no temporary files")


def test_a_check_that_cannot_be_made_is_wrong_and_the_others_are_made(sound: Path) -> None:
    (sound / "params.yaml").write_text("runs:")
    found = dict(doctor.examine(sound, repair=False))
    wrong(found["results"], "params.yaml: ")
    assert not found["left-overs"].remedy


@pytest.mark.parametrize(
    ("file", "content", "check", "said"),
    [
        ("dvc.yaml", b"<<<<<<< HEAD\nstages: [\n", "dvc.lock", "dvc.yaml"),
        ("dvc.lock", b"stages: \xff", "dvc.lock", "dvc.lock: 'utf-8' codec"),
        (".checkpoints/lenet-plain-0/training.json", b"", "running", "training.json: damaged"),
        (".checkpoints/lenet-plain-0/training.json", b"{}", "running", "training.json: damaged"),
    ],
)
def test_damage_that_one_check_cannot_bear_is_named_by_it(sound: Path, file, content, check, said) -> None:
    (sound / file).parent.mkdir(parents=True, exist_ok=True)
    (sound / file).write_bytes(content)
    found = dict(doctor.examine(sound, repair=False))
    wrong(found[check], said)
    assert found["mlflow.db"] == doctor.Verdict("sound")


def test_the_exit_status_says_it_too(sound: Path) -> None:
    for name in ("pipeline", "tools", "models"):
        shutil.copytree(ROOT / name, sound / name, ignore=shutil.ignore_patterns("__pycache__"))
    (sound / "requirements.lock").write_text("")
    shutil.copy(ROOT / "pyproject.toml", sound)
    command = [sys.executable, "-m", "tools.doctor"]
    before = subprocess.run(command, cwd=sound, capture_output=True, text=True, check=False)
    (sound / OUT).unlink()
    after = subprocess.run(command, cwd=sound, capture_output=True, text=True, check=False)
    disk_is_full = "WRONG  disk" in before.stdout
    assert before.returncode == disk_is_full, before.stdout + before.stderr
    assert (after.returncode, after.stdout.count("WRONG")) == (1, 1 + disk_is_full)
    assert f"WRONG  results     absent: {OUT}; run `dvc checkout`" in after.stdout
