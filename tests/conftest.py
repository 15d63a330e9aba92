"""Fixtures that several test files share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline import hardware
from tests import workspace

os.environ.setdefault(hardware.ONEDNN, "1")  # as trainings have it, for tests that import Keras themselves

pytest_plugins = ["tests.allowed_skips", "tests.report_page"]


def pytest_itemcollected(item: pytest.Item) -> None:
    """One process runs all tests in the finished workspace, one all tests in copies of it, one all others of a file.

    Marked here, since xdist has read the marks when `pytest_collection_modifyitems` is called.
    """
    name = next((name for name in ("copied", "finished") if name in item.fixturenames), item.path.name)
    item.add_marker(pytest.mark.xdist_group(name))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> workspace.Workspace:
    """A workspace in which the whole pipeline has run once; tests that change it put it back.

    The pipeline runs in one process of the tests, and each has a copy.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    with FileLock(shared / "pipeline.lock"):
        if not (shared / "ran").exists():
            made = workspace.make(shared / "pipeline")
            made.run("dvc", "repro")
            (shared / "ran").touch()
        copy = workspace.Workspace(shared / "pipeline").copy(tmp_path_factory.mktemp("copy") / "finished")
    copy.run("python", "-c", "from pipeline.tracking import store; store.connect()")  # MLflow learns its place
    return copy


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    """A workspace in which nothing has run."""
    return workspace.make(tmp_path_factory.mktemp("fresh"))


@pytest.fixture
def copied(finished: workspace.Workspace, tmp_path: Path) -> Iterator[workspace.Workspace]:
    """A copy of the finished workspace at another place: a repository that was moved on disk."""
    yield finished.copy(tmp_path / "moved")
    shutil.rmtree(tmp_path / "moved")
