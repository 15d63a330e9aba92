"""Fixtures that several test files share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.tracking import store
from tests.support import workspace

SHARED = ("copied", "finished", "baseline_run")
# `copied` waits for what `finished` makes, so it is not the second.
LONG = ("finished", "baseline_run", "copied", "test_faults.py", "test_browser.py", "test_readme.py", "test_report.py")

pytest_plugins = ["tests.support.allowed_skips", "tests.support.report_page"]


def pytest_itemcollected(item: pytest.Item) -> None:
    """One process runs all tests that share one of these fixtures, one all others of a file.

    Marked here, since xdist has read the marks when `pytest_collection_modifyitems` is called.
    """
    item.add_marker(pytest.mark.xdist_group(_group(item)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The groups that take minutes first, so that no process is left with one of them when the others have ended."""
    items.sort(key=lambda item: LONG.index(group) if (group := _group(item)) in LONG else len(LONG))


def _group(item: pytest.Item) -> str:
    return next((name for name in SHARED if name in item.fixturenames), item.path.name)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of the tests have in common."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def prepared(shared: Path) -> workspace.Workspace:
    """A workspace with its data in which nothing has trained, made by one process; to be copied, not to be used."""
    made = workspace.Workspace(shared / "prepared")
    with FileLock(shared / "prepared.lock"):
        if not (shared / "prepared.done").exists():
            workspace.make(made.root)
            made.run("dvc", "repro", "preprocess")
            (shared / "prepared.done").touch()
    return made


@pytest.fixture(scope="session")
def finished(
    shared: Path, prepared: workspace.Workspace, tmp_path_factory: pytest.TempPathFactory
) -> workspace.Workspace:
    """A workspace in which the whole pipeline has run once; tests that change it put it back.

    The pipeline runs in one process of the tests, and each has a copy.
    """
    made = workspace.Workspace(shared / "pipeline")
    with FileLock(shared / "pipeline.lock"):
        if not (shared / "pipeline.done").exists():
            prepared.copy(made.root).run("dvc", "repro")
            (shared / "pipeline.done").touch()
        copy = made.copy(tmp_path_factory.mktemp("copy") / "finished")
    store.relocate_artifacts(copy.root)
    return copy


@pytest.fixture(scope="session")
def baseline_run(prepared: workspace.Workspace, tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    """A workspace in which lenet-dropout has trained three epochs of a second or so without interruption."""
    made = prepared.copy(tmp_path_factory.mktemp("baseline_run") / "copy")
    made.edit(lambda values: values["protocols"]["fast"]["common"].update(epochs=3, training_images=320, batch_size=8))
    made.run("python", "-m", "pipeline.train", "lenet-dropout")
    return made


@pytest.fixture
def untrained_copy(baseline_run: workspace.Workspace, tmp_path: Path) -> workspace.Workspace:
    """A copy of it that has not trained, and of which MLflow knows nothing."""
    copy = baseline_run.copy(tmp_path / "untrained_copy")
    for name in ("results", ".checkpoints", "mlartifacts"):
        shutil.rmtree(copy.root / name)
    for path in copy.root.glob("mlflow.db*"):
        path.unlink()
    return copy


@pytest.fixture
def untrained(prepared: workspace.Workspace, tmp_path: Path) -> workspace.Workspace:
    """A workspace with its data in which nothing has trained."""
    return prepared.copy(tmp_path / "untrained")


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    """A workspace in which nothing has run."""
    return workspace.make(tmp_path_factory.mktemp("fresh"))


@pytest.fixture
def copied(finished: workspace.Workspace, tmp_path: Path) -> Iterator[workspace.Workspace]:
    """A copy of the finished workspace at another place: a repository that was moved on disk."""
    yield finished.copy(tmp_path / "moved")
    shutil.rmtree(tmp_path / "moved")
