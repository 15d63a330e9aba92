"""What doctor says of MLflow's database and of what dead processes left."""

import json
import os
import sqlite3
import time
from pathlib import Path

import filelock
import pytest

from tests.support.checkout import OUT, make_sound, wrong
from tools.checks import tracked
from tools.checks.verdict import Verdict


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return make_sound(tmp_path)


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
        assert tracked.running(sound) == Verdict("1 at work")


def test_left_over_temporary_files(sound: Path) -> None:
    checkpoint = sound / ".checkpoints/lenet-one-0123/.tmp-abc"
    checkpoint.mkdir(parents=True)
    names = [".mlflow.db.tmp", ".mlflow.db.tmp-wal", "results/runs/lenet-one/.history.csv.x1y2.tmp"]
    names.append(".checkpoints/lenet-one-0123/.tmp-abc/a")
    for name in names:
        (sound / name).write_bytes(b"half")
    assert not tracked.leftovers(sound).remedy  # somebody may be writing them
    hour_ago = time.time() - 3600
    for path in (*(sound / name for name in names), checkpoint):
        os.utime(path, (hour_ago, hour_ago))
    wrong(tracked.leftovers(sound), *names[:3], "1 more", "REPAIR=1")
    assert not tracked.leftovers(sound, repair=True).remedy
    assert not any((sound / name).exists() for name in names)
    assert not checkpoint.exists()
    assert (sound / OUT).exists()
