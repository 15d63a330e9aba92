"""Promotes a run in a workspace for as long as a test needs it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import mlflow

from tests.support.workspace import Workspace


@contextmanager
def promoted(workspace: Workspace) -> Iterator[str]:
    """What promoting the best run prints; afterwards there is no champion, as before."""
    assert not (workspace.root / "champion").exists()
    try:
        yield promote(workspace)
    finally:
        shutil.rmtree(workspace.root / "champion", ignore_errors=True)
        if client(workspace).search_registered_models("name = 'mnist'"):
            client(workspace).delete_registered_model("mnist")


def promote(workspace: Workspace, *run: str, threshold: float = 0, **environment: str) -> str:
    """What `make promote` prints."""
    command = ("python", "-m", "tools.promote", "--threshold", str(threshold))
    return workspace.run(*command, *run, **environment).stdout


def client(workspace: Workspace) -> mlflow.MlflowClient:
    """A client of the workspace's own database."""
    return mlflow.MlflowClient(f"sqlite:///{workspace.root}/mlflow.db")
