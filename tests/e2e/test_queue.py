"""Experiments that DVC's queue runs log into the database that people see."""

import time

import pytest

from tests.support.mirrored import runs
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow

RUN = "lenet-dropout"
WAIT = 600  # seconds, at most, for the worker to finish one training


def test_a_queued_experiment_logs_into_the_database_that_people_see(copied: Workspace) -> None:
    baseline = copied.commit()
    before = len(runs(copied))
    copied.run("dvc", "exp", "run", "--queue", "--name", "nine", "-S", f"+runs.{RUN}.seed=9", f"evaluate@{RUN}")
    assert len(runs(copied)) == before
    copied.run("dvc", "queue", "start", "--jobs", "1")
    try:
        wait_for_success(copied)
    finally:
        copied.run("dvc", "queue", "stop", "--kill", check=False)
    added = runs(copied, filter_string="tags.experiment = 'nine'")
    assert len(runs(copied)) == before + 1
    assert [(run.info.status, run.data.params["seed"], run.data.tags["git_commit"]) for run in added] == [
        ("FINISHED", "9", baseline)
    ]
    assert added[0].data.metrics["test_errors"] >= 0


def wait_for_success(place: Workspace) -> None:
    until = time.monotonic() + WAIT
    while "Success" not in (status := place.run("dvc", "queue", "status").stdout):
        if "Failed" in status:
            pytest.fail(place.run("dvc", "queue", "logs", "nine", check=False).stdout)
        assert time.monotonic() < until, status
        time.sleep(3)
