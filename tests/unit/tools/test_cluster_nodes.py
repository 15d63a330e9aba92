"""What runs on a node of the cluster: in which environment, on which leash, without Ray."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline.core.paths import ROOT
from tools.cluster import snapshot


def test_nodes_take_a_tracking_server_but_no_file() -> None:
    variables = {"MLFLOW_TRACKING_URI": "sqlite:///x.db", "TF_ENABLE_ONEDNN_OPTS": "0", "HOME": "/x"}
    assert snapshot.environment(variables) == {"TF_ENABLE_ONEDNN_OPTS": "0"}
    server = {"MLFLOW_TRACKING_URI": "https://mlflow.example", "MLFLOW_TRACKING_TOKEN": "t"}
    assert snapshot.environment(server | {"HOME": "/x"}) == server


ASKED = "import signal, sys, time; signal.signal(15, lambda *_: (open(sys.argv[1], 'w').close(), sys.exit()))"
CHILD = f"{ASKED}; print('begun', flush=True); [time.sleep(0.05) for _ in range(1200)]"


@pytest.mark.parametrize("children_too", [False, True], ids=["killed", "killed with its children, as Ray does it"])
def test_a_leashed_command_ends_with_its_owner_and_its_folder_goes(tmp_path: Path, children_too: bool) -> None:
    folder, note = tmp_path / "folder", tmp_path / "asked"
    folder.mkdir()
    leash = [sys.executable, "-m", "tools.cluster.supervisor", str(folder), sys.executable, "-c", CHILD, str(note)]
    owner = f"import subprocess, time; subprocess.Popen({leash!r}, stdin=subprocess.PIPE); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", owner], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
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
def test_a_leashed_command_hands_on_its_status(tmp_path: Path, code: str, status: int) -> None:
    command = [sys.executable, "-m", "tools.cluster.supervisor", str(tmp_path), sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        assert process.wait() == status
    assert tmp_path.exists()
