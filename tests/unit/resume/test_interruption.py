"""When a training must stop: tested with real signals and processes."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from pipeline.core.paths import ROOT
from pipeline.resume.interruption import InterruptHandler

WATCH = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from pipeline.resume.interruption import InterruptHandler

handler = InterruptHandler()
print(handler.parent and handler.parent.pid, handler.stop_reason(), flush=True)
deadline = time.monotonic() + 20
while handler.stop_reason() is None and time.monotonic() < deadline:
    time.sleep(0.05)
print(handler.stop_reason(), flush=True)
"""
START = """
import subprocess, sys
subprocess.run([sys.executable, sys.argv[1]])
"""
TWICE = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from pipeline.resume.interruption import InterruptHandler

handler = InterruptHandler()
with handler.install():
    print("installed", flush=True)
    while handler.stop_reason() is None:
        time.sleep(0.01)
    print(handler.stop_reason(), flush=True)
    time.sleep(20)
"""


@pytest.fixture(autouse=True)
def without_a_parent(monkeypatch):
    """The tests themselves may be started by a `dvc` process."""
    monkeypatch.setattr(psutil.Process, "parents", lambda self: [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_the_reason_to_stop(number):
    handler = InterruptHandler()
    before = signal.getsignal(number)
    with handler.install():
        assert handler.stop_reason() is None
        os.kill(os.getpid(), number)
        assert handler.stop_reason() == number.name
    assert signal.getsignal(number) is before
    assert handler.stop_reason() == number.name


def test_old_handlers_are_restored_after_an_error():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), InterruptHandler().install():
        _ = 1 / 0
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_ends_the_process_at_once(tmp_path):
    (tmp_path / "twice.py").write_text(TWICE)
    process = subprocess.Popen([sys.executable, tmp_path / "twice.py"], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "installed\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "SIGTERM\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def test_without_a_dvc_parent_there_is_no_reason():
    handler = InterruptHandler()
    assert (handler.parent, handler.stop_reason()) == (None, None)


def start_below(tmp_path, *, by):
    """A parent process called `by` that starts one with an InterruptHandler."""
    (tmp_path / "watch.py").write_text(WATCH)
    (tmp_path / by).write_text(START)
    command = [sys.executable, tmp_path / by, tmp_path / "watch.py"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_the_death_of_dvc_is_noticed(tmp_path):
    parent = start_below(tmp_path, by="dvc")
    with parent:
        assert parent.stdout.readline() == f"{parent.pid} None\n"
        parent.kill()
        began = time.monotonic()
        assert parent.stdout.readline() == "the dvc process that started this training is gone\n"
        assert time.monotonic() - began < 10


def test_the_death_of_another_parent_does_not_matter(tmp_path):
    parent = start_below(tmp_path, by="shell")
    with parent:
        assert parent.stdout.readline() == "None None\n"
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        parent.wait(10)
        time.sleep(0.3)
        assert child.is_running()
        child.kill()
        assert parent.stdout.read() == ""


def test_a_dvc_that_died_before_the_handler_was_created(monkeypatch):
    assert InterruptHandler().stop_reason() is None
    monkeypatch.setenv("DVC_STAGE", "train@lenet-plain")
    assert InterruptHandler().stop_reason() == "the dvc process that started this training is gone"
