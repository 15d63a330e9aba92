"""Fixtures that several test files share."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.tracking import store
from tests.support import interruption, workspace

# A process of the tests gets a whole file at a time, in this order: the file that makes the `finished` workspace, while
# the other process runs long ones that do without it; the short ones come last, so that both end together.
FIRST = (
    "test_pipeline.py",
    "test_faults.py",
    "test_interrupted.py",
    "test_safe_code.py",
    "test_browser.py",
    "test_distribution_strategy.py",
)
LONG_UNIT = ("reporting", "training", "models")

pytest_plugins = ["tests.support.allowed_skips", "tests.support.report_page"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the files."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    if item.path.name in FIRST:
        return FIRST.index(item.path.name)
    if item.path.parent.name in LONG_UNIT:
        return len(FIRST)
    return len(FIRST) + (1 if item.path.parent.name == "e2e" else 2)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of the tests have in common."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def make_once(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., workspace.Workspace]:
    """A function that returns this process's copy of a workspace that one process makes."""

    def copied(name: str, make: Callable[[Path], object]) -> workspace.Workspace:
        made = workspace.Workspace(shared / name)
        with FileLock(shared / f"{name}.lock"):
            if not (shared / f"{name}.done").exists():
                make(made.root)
                (shared / f"{name}.done").touch()
            return made.copy(tmp_path_factory.mktemp("copy") / name)

    return copied


@pytest.fixture(scope="session")
def prepared(make_once: Callable[..., workspace.Workspace]) -> workspace.Workspace:
    """A workspace with its data in which nothing has trained; to be copied, not to be used."""
    return make_once("prepared", lambda root: workspace.make(root).run("dvc", "repro", "corrupt"))


@pytest.fixture(scope="session")
def finished(prepared: workspace.Workspace, make_once: Callable[..., workspace.Workspace]) -> workspace.Workspace:
    """A workspace in which the whole pipeline has run once; tests that change it put it back."""
    copy = make_once("pipeline", lambda root: prepared.copy(root).run("dvc", "repro"))
    store.relocate_artifacts(copy.root)
    return copy


@pytest.fixture(scope="session")
def baseline_run(prepared: workspace.Workspace, make_once: Callable[..., workspace.Workspace]) -> workspace.Workspace:
    """A workspace in which lenet-dropout has trained three epochs of a second or so without interruption."""

    def train(root: Path) -> None:
        made = prepared.copy(root)
        few = {"epochs": 3, "training_images": 320, "batch_size": 8}
        made.edit(lambda values: values["protocols"]["fast"]["common"].update(few))
        made.run("python", "-m", "pipeline.train", "lenet-dropout")

    return make_once("baseline", train)


@pytest.fixture
def untrained_copy(baseline_run: workspace.Workspace, tmp_path: Path) -> workspace.Workspace:
    """A copy of it that has not trained, and of which MLflow knows nothing."""
    return _untrained(baseline_run, tmp_path / "untrained_copy")


def _untrained(trained: workspace.Workspace, root: Path) -> workspace.Workspace:
    copy = trained.copy(root)
    for name in ("results", ".checkpoints", "mlartifacts"):
        shutil.rmtree(copy.root / name)
    for path in copy.root.glob("mlflow.db*"):
        path.unlink()
    return copy


@pytest.fixture
def killed(
    baseline_run: workspace.Workspace, make_once: Callable[..., workspace.Workspace], tmp_path: Path
) -> workspace.Workspace:
    """A copy of it whose training was killed when it had written its first checkpoint."""
    made = make_once("killed", lambda root: interruption.kill_at_checkpoint(_untrained(baseline_run, root), 1))
    return made.copy(tmp_path / "killed")


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
