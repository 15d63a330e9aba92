"""Each of doctor's checks: something is broken, and the check names it."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import filelock
import pytest

from pipeline.files import ROOT
from tests.params_text import TEXT
from tools import doctor
from tools.checks import machine, outputs, tracked

STAGES = ("fetch", "preprocess", "train@lenet-one", "evaluate@lenet-one", "train@vgg_two", "evaluate@vgg_two", "report")
OUT = "results/runs/lenet-one/model.keras"
MD5 = "9a0364b9e99bb480dd25e1f0284c8555"  # of b"content"
OBJECT = f".dvc/cache/files/md5/{MD5[:2]}/{MD5[2:]}"


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A project in which everything that doctor looks at is as it should be."""
    (tmp_path / "params.yaml").write_text(TEXT)
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    for name in (OUT, OBJECT):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"content")
    lines = ["schema: '2.0'", "stages:", *(f"  {name}: {{cmd: x}}" for name in STAGES)]
    lines[4] = f"  train@lenet-one: {{cmd: x, outs: [{{path: {OUT}, hash: md5, md5: {MD5}, size: 7}}]}}"
    (tmp_path / "dvc.lock").write_text("\n".join(lines) + "\n")
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        database.execute("CREATE TABLE runs (run_uuid, name, status, lifecycle_stage, start_time)")
        database.execute("CREATE TABLE tags (key, value, run_uuid)")
        database.execute("CREATE INDEX by_value ON tags (value)")
        database.executemany("INSERT INTO tags VALUES ('x', ?, '1')", [[f"filling {n}"] for n in range(2000)])
    database.close()
    return tmp_path


def wrong(verdict: doctor.Verdict, *said: str) -> None:
    """Something is wrong, there is a remedy, and all of `said` is in the line."""
    assert verdict.remedy
    for words in said:
        assert words in f"{verdict.found}; {verdict.remedy}"


def test_nothing_is_wrong_with_a_sound_project(sound: Path) -> None:
    found = dict(doctor.examine(sound, repair=False))
    assert found["dvc.lock"] == doctor.Verdict("7 stages")
    assert found["dvc cache"] == doctor.Verdict("1 objects, all sound")
    assert found["results"] == doctor.Verdict("1 files as in dvc.lock")
    assert found["mlflow.db"] == doctor.Verdict("sound")
    assert found["running"] == doctor.Verdict("none")
    assert found["left-overs"] == doctor.Verdict("no temporary files")


def test_another_python(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.8,<3.9"\n')
    wrong(machine.python(tmp_path), ", expected >=3.8,<3.9")
    assert not machine.python(ROOT).remedy


def test_packages_of_other_versions_or_absent(tmp_path: Path) -> None:
    lock = tmp_path / "requirements-gpu.lock"
    right = f"pytest=={metadata.version('pytest')} \\\n    --hash=sha256:00\n"
    elsewhere = "pywin32==312 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
    lock.write_text(right + elsewhere)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/ready").write_text("requirements-gpu.lock 1 2 /somewhere\n")
    assert machine.packages(tmp_path) == doctor.Verdict("1 as in requirements-gpu.lock")
    lock.write_text("pytest==0.1 \\\n    --hash=sha256:00\nno-such-package==1.0\n")
    installed = metadata.version("pytest")
    wrong(machine.packages(tmp_path), f"pytest {installed} instead of 0.1, no-such-package None instead of 1.0")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_a_gpu_that_tensorflow_does_not_see(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "COUNT_GPUS", "raise SystemExit('not to be asked')")
    assert machine.gpu(programs) == doctor.Verdict("none here, trainings use the processor")
    (programs / "nvidia-smi").write_text("#!/bin/sh\necho 'GPU 0: NVIDIA T4'\necho 'GPU 1: NVIDIA T4'\n")
    (programs / "nvidia-smi").chmod(0o755)
    wrong(machine.gpu(programs), "nvidia-smi shows 2, TensorFlow sees none", "requirements-gpu.lock")
    monkeypatch.setattr(machine, "COUNT_GPUS", "print(1)")
    wrong(machine.gpu(programs), "nvidia-smi shows 2, TensorFlow sees 1")
    monkeypatch.setattr(machine, "COUNT_GPUS", "print(2)")
    assert machine.gpu(programs) == doctor.Verdict("2, seen by TensorFlow")


def test_a_disk_that_is_almost_full(tmp_path: Path) -> None:
    wrong(machine.disk(tmp_path, needed=1e18), "GB free", "make prune")
    assert not machine.disk(tmp_path, needed=1).remedy


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  fetch:", "<<<<<<< HEAD\n  fetch:", "line 3: conflict marker <<<<<<<"),
        ("  fetch:", "  fetch: {", "dvc.lock: "),
        ("  fetch:", "\tfetch:", "dvc.lock: "),
        ("  fetch:", "  fetsh:", "stages that dvc.yaml does not have: fetsh"),
        ("stages:", "stages: none\nother:", "stages must be a mapping"),
        ("stages:", "stage:", "dvc.lock: 'stages'"),
    ],
)
def test_a_lock_that_is_not_sane(sound: Path, old: str, new: str, said: str) -> None:
    lock = sound / "dvc.lock"
    lock.write_text(lock.read_text().replace(old, new, 1))
    wrong(outputs.lock(sound), said, "git checkout dvc.lock")


def test_a_corrupt_object_is_restored_from_a_right_file(sound: Path) -> None:
    (sound / OBJECT).write_bytes(b"contend")
    wrong(outputs.cache(sound), f"corrupt: {OBJECT} ({OUT})", "REPAIR=1")
    assert (sound / OBJECT).read_bytes() == b"contend"
    wrong(outputs.cache(sound, repair=True), f"{OBJECT} ({OUT}): restored from the workspace")
    assert (sound / OBJECT).read_bytes() == b"content"
    assert (sound / OBJECT).stat().st_mode & 0o777 == 0o444
    assert not outputs.cache(sound).remedy


def test_a_corrupt_object_and_the_file_made_from_it_are_both_removed(sound: Path) -> None:
    for name in (OBJECT, OUT):
        (sound / name).write_bytes(b"conten")
    wrong(outputs.cache(sound, repair=True), "removed too; `dvc repro train@lenet-one`")
    assert not (sound / OBJECT).exists()
    assert not (sound / OUT).exists()


def test_a_corrupt_object_that_nothing_present_uses_is_removed(sound: Path) -> None:
    other = sound / OBJECT.replace("9a", "9b", 1)
    other.parent.mkdir()
    other.write_bytes(b"content")
    wrong(outputs.cache(sound), "(of an earlier result)")
    outputs.cache(sound, repair=True)
    assert not other.exists()
    assert (sound / OUT).exists()


def test_results_that_are_absent_changed_or_not_made_yet(sound: Path) -> None:
    (sound / OUT).write_bytes(b"contend")
    wrong(outputs.results(sound), f"not what dvc.lock says: {OUT}", "dvc repro --force train@lenet-one")
    (sound / OUT).unlink()
    wrong(outputs.results(sound), f"absent: {OUT}", "dvc checkout")
    (sound / "dvc.lock").write_text((sound / "dvc.lock").read_text().replace("  report: {cmd: x}\n", ""))
    wrong(outputs.results(sound), "not run yet: report", "make repro")
    (sound / "dvc.lock").unlink()
    wrong(outputs.results(sound), "not run yet: fetch, preprocess, train@lenet-one and 4 more")


def test_a_damaged_database(sound: Path) -> None:
    path = sound / "mlflow.db"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"filling 1234", b"filling I234", 1))
    wrong(tracked.database(sound), "missing from index by_value", "move mlflow.db")
    path.write_bytes(content[: 3 * 4096] + b"x" * 4096 + content[4 * 4096 :])
    wrong(tracked.database(sound), "mlflow.db: database disk image is malformed", "move mlflow.db")
    path.write_bytes(b"no database at all" * 300)
    wrong(tracked.database(sound), "file is not a database")
    wrong(tracked.running(sound), "file is not a database")


def test_a_run_without_its_process(sound: Path) -> None:
    with sqlite3.connect(sound / "mlflow.db") as database:
        database.execute("INSERT INTO runs VALUES ('12345678abc', 'lenet-one', 'RUNNING', 'active', 1)")
        database.execute("INSERT INTO tags VALUES ('training_id', 'its-training', '12345678abc')")
    database.close()
    wrong(tracked.running(sound), "RUNNING without a process: lenet-one (12345678)", "make ui")
    folder = sound / ".checkpoints/lenet-one-0123"
    folder.mkdir(parents=True)
    (folder / "training.json").write_text(json.dumps({"training_id": "its-training"}))
    wrong(tracked.running(sound), "lenet-one (12345678)", "`dvc repro train@lenet-one` goes on")
    with filelock.FileLock(folder.with_suffix(".lock")):
        assert tracked.running(sound) == doctor.Verdict("1 at work")


def test_left_over_temporary_files(sound: Path) -> None:
    checkpoint = sound / ".checkpoints/lenet-one-0123/.tmp-abc"
    checkpoint.mkdir(parents=True)
    names = [".mlflow.db.tmp", "results/runs/lenet-one/.history.csv.x1y2.tmp", ".checkpoints/lenet-one-0123/.tmp-abc/a"]
    for name in names:
        (sound / name).write_bytes(b"half")
    assert not tracked.leftovers(sound).remedy  # somebody may be writing them
    hour_ago = time.time() - 3600
    for path in (*(sound / name for name in names), checkpoint):
        os.utime(path, (hour_ago, hour_ago))
    wrong(tracked.leftovers(sound), *names[:2], ".tmp-abc", "REPAIR=1")
    assert not tracked.leftovers(sound, repair=True).remedy
    assert not any((sound / name).exists() for name in names)
    assert not checkpoint.exists()
    assert (sound / OUT).exists()


def test_a_check_that_cannot_be_made_is_wrong_and_the_others_are_made(sound: Path) -> None:
    (sound / "params.yaml").write_text("runs:")
    found = dict(doctor.examine(sound, repair=False))
    wrong(found["results"], "params.yaml: ")
    assert not found["left-overs"].remedy


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
