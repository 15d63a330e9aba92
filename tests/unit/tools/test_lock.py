"""One process a training: its lock refuses a second one and dies with it."""

import os
import signal
import subprocess
import sys

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.resume import checkpoint_dir
from tests.support.checkpoints import names

HOLD = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from pipeline import claim

with claim.locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(30)
"""


def test_the_lock_refuses_a_second_process_and_dies_with_the_first(tmp_path):
    folder = tmp_path / "lenet-plain-0123"
    with subprocess.Popen([sys.executable, "-c", HOLD, folder], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(PipelineError) as caught, checkpoint_dir.run_lock(folder):
            pass
        assert str(caught.value) == f"{folder.name}: another process trains this run; wait for it, or stop it"
        os.kill(holder.pid, signal.SIGKILL)
    with checkpoint_dir.run_lock(folder):
        pass


def test_the_lock_is_free_again_after_an_error(tmp_path):
    folder = tmp_path / "lenet-plain-0123"
    with pytest.raises(ZeroDivisionError), checkpoint_dir.run_lock(folder):
        _ = 1 / 0
    with checkpoint_dir.run_lock(folder):
        pass


def test_the_lock_makes_the_folder_and_keeps_nothing_in_it(tmp_path):
    with checkpoint_dir.run_lock(tmp_path / "a" / "run-0123"):
        assert names(tmp_path / "a" / "run-0123") == []
