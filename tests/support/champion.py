"""Promotes a run in a workspace for as long as a test needs it."""

from collections.abc import Iterator
from contextlib import contextmanager

import mlflow

from tests.support.workspace import Workspace


@contextmanager
def promoted(workspace: Workspace) -> Iterator[str]:
    """What promoting the best run prints; afterwards nothing of it is left."""
    record = workspace.root / "champion.json"
    before = record.read_bytes() if record.exists() else None
    record.unlink(missing_ok=True)
    try:
        yield promote(workspace)
    finally:
        record.unlink(missing_ok=True)
        if before is not None:
            record.write_bytes(before)
        if client(workspace).search_registered_models("name = 'mnist'"):
            client(workspace).delete_registered_model("mnist")


def promote(workspace: Workspace, *run: str, threshold: float = 0) -> str:
    """What `make promote` prints."""
    return workspace.run("python", "-m", "tools.promote", "--threshold", str(threshold), *run).stdout


def client(workspace: Workspace) -> mlflow.MlflowClient:
    """Of the workspace's own database."""
    return mlflow.MlflowClient(f"sqlite:///{workspace.root}/mlflow.db")
