"""`make doctor` on MLflow's database, and on what killed processes left behind."""

import json
import os
import sqlite3
import time
from pathlib import Path

import filelock
import pytest

from tests.support.checkout import OUT, assert_wrong, make_checkout
from tools.checks import Verdict, tracked


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path)


def test_a_damaged_database(checkout: Path) -> None:
    path = checkout / "mlflow.db"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"filling 1234", b"filling I234", 1))
    assert_wrong(tracked.database(checkout), "missing from index by_value", "move mlflow.db")
    path.write_bytes(content[: 3 * 4096] + b"x" * 4096 + content[4 * 4096 :])
    assert_wrong(tracked.database(checkout), "mlflow.db: database disk image is malformed", "move mlflow.db")
    path.write_bytes(b"no database at all" * 300)
    assert_wrong(tracked.database(checkout), "file is not a database")
    assert_wrong(tracked.running(checkout), "file is not a database")


def test_a_database_that_only_cannot_be_written_is_not_moved_away(checkout: Path, monkeypatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != "mlflow.db")
    verdict = tracked.database(checkout)
    assert_wrong(verdict, "mlflow.db: cannot be written by this user", "permissions")
    assert "move" not in verdict.remedy


def test_a_database_that_is_only_not_readable_is_not_moved_away(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError("attempt to write a readonly database")
        error.sqlite_errorname = "SQLITE_READONLY_DIRECTORY"
        raise error

    monkeypatch.setattr(sqlite3, "connect", refuse)
    verdict = tracked.database(checkout)
    assert verdict.remedy == "make mlflow.db, its -wal and -shm files and their folder writable"


def test_a_run_without_its_process(checkout: Path) -> None:
    with sqlite3.connect(checkout / "mlflow.db") as database:
        database.execute("INSERT INTO runs VALUES ('12345678abc', 'lenet-one', 'RUNNING', 'active', 1)")
        database.execute("INSERT INTO tags VALUES ('training_id', 'its-training', '12345678abc')")
    database.close()
    assert_wrong(tracked.running(checkout), "RUNNING without a process: lenet-one (12345678)", "make ui")
    folder = checkout / ".checkpoints/lenet-one-0123"
    folder.mkdir(parents=True)
    (folder / "training.json").write_text(json.dumps({"training_id": "its-training"}))
    assert_wrong(tracked.running(checkout), "lenet-one (12345678)", "`dvc repro train@lenet-one` continues")
    with filelock.FileLock(folder.with_suffix(".lock")):
        assert tracked.running(checkout) == Verdict("1 training")


def test_left_over_temporary_files(checkout: Path) -> None:
    checkpoint = checkout / ".checkpoints/lenet-one-0123/.tmp-abc"
    checkpoint.mkdir(parents=True)
    names = [".mlflow.db.tmp", ".mlflow.db.tmp-wal", "results/runs/lenet-one/.history.csv.x1y2.tmp"]
    names.append(".checkpoints/lenet-one-0123/.tmp-abc/a")
    for name in names:
        (checkout / name).write_bytes(b"half")
    assert not tracked.leftovers(checkout).remedy  # a process may be writing them
    hour_ago = time.time() - 3600
    for path in (*(checkout / name for name in names), checkpoint):
        os.utime(path, (hour_ago, hour_ago))
    assert_wrong(tracked.leftovers(checkout), *names[:3], "1 more", "REPAIR=1")
    assert not tracked.leftovers(checkout, repair=True).remedy
    assert not any((checkout / name).exists() for name in names)
    assert not checkpoint.exists()
    assert (checkout / OUT).exists()
