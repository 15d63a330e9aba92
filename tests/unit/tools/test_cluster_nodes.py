"""What runs on a node of the cluster: its environment, its checkout, its supervisor; without Ray."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import filelock
import psutil
import pytest

from pipeline.core.paths import ROOT
from tools.cluster import node, snapshot
from tools.cluster.node import Snapshot


def test_nodes_take_a_tracking_server_but_no_file() -> None:
    variables = {"MLFLOW_TRACKING_URI": "sqlite:///x.db", "TF_ENABLE_ONEDNN_OPTS": "0", "HOME": "/x"}
    assert snapshot.node_environment(variables) == {"TF_ENABLE_ONEDNN_OPTS": "0"}
    server = {"MLFLOW_TRACKING_URI": "https://mlflow.example", "MLFLOW_TRACKING_TOKEN": "t"}
    assert snapshot.node_environment(server | {"HOME": "/x"}) == server


def test_the_checkout_of_a_project_in_a_subfolder(tmp_path: Path) -> None:
    repository, shared = tmp_path / "repository", tmp_path / "shared"
    (repository / "project").mkdir(parents=True)
    (repository / "project/params.yaml").write_text("of the commit")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@localhost", "-C", str(repository)]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Begin"]):
        subprocess.run([*git, *words], check=True)
    bundle = subprocess.run([*git, "bundle", "create", "-q", "-", "HEAD"], check=True, capture_output=True).stdout
    made = Snapshot(bundle, "project/", {"data/processed/card.json": b"{}"}, {}, str(shared))
    (tmp_path / "node").mkdir()
    checkout = node.make_checkout(made, {"params.yaml": b"of the run"}, tmp_path / "node")
    assert checkout == tmp_path / "node/checkout/project"
    assert (checkout / "params.yaml").read_text() == "of the run"
    assert (checkout / "data/processed/card.json").read_text() == "{}"
    assert (checkout / ".checkpoints").resolve() == shared.resolve()
    assert (checkout / ".site-cache").stat().st_mode & 0o777 == 0o700
    status = ["git", "status", "--porcelain", "--untracked-files=all", "--", ".checkpoints"]
    assert subprocess.run(status, cwd=checkout, check=True, capture_output=True).stdout == b""


def test_a_run_waits_until_its_former_training_releases_the_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".checkpoints"
    folder.mkdir()
    begin = time.monotonic()
    paths = (folder / f"{name}-{'0' * 16}.lock" for name in ("lenet-plain", "lenet"))
    other, former = (filelock.FileLock(path, thread_local=False) for path in paths)
    with other, former:
        threading.Timer(1.0, former.release).start()
        node.wait_for_locks(tmp_path, "lenet")
        assert 0.9 < time.monotonic() - begin < 30
        monkeypatch.setattr(node, "LOCK_TIMEOUT", 0.2)
        node.wait_for_locks(tmp_path, "lenet-plain")  # gives up


ASKED = "import signal, sys, time; signal.signal(15, lambda *_: (open(sys.argv[1], 'w').close(), sys.exit()))"
CHILD = f"{ASKED}; print('started', flush=True); [time.sleep(0.05) for _ in range(1200)]"


@pytest.mark.parametrize("children_too", [False, True], ids=["killed", "killed with its children, as Ray does it"])
def test_a_supervised_command_ends_with_its_starter_and_its_folder_is_deleted(
    tmp_path: Path, children_too: bool
) -> None:
    folder, note = tmp_path / "folder", tmp_path / "asked"
    folder.mkdir()
    command = [sys.executable, "-m", "tools.cluster.supervisor", str(folder), sys.executable, "-c", CHILD, str(note)]
    starter = f"import subprocess, time; subprocess.Popen({command!r}, stdin=subprocess.PIPE); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", starter], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "started\n"
    for child in psutil.Process(process.pid).children() if children_too else []:
        child.kill()
    process.kill()
    process.wait()
    until = time.monotonic() + 60
    while (folder.exists() or not note.exists()) and time.monotonic() < until:
        time.sleep(0.05)
    assert note.exists()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("code", "status"), [("", 0), ("import sys; sys.exit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_a_supervised_command_passes_on_its_status(tmp_path: Path, code: str, status: int) -> None:
    command = [sys.executable, "-m", "tools.cluster.supervisor", str(tmp_path), sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        assert process.wait() == status
    assert tmp_path.exists()
