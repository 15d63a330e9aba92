"""Fixtures that several test files share."""

import pytest

from tests import workspace

pytest_plugins = ["tests.allowed_skips"]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    """A workspace in which the whole pipeline has run once; tests that change it put it back."""
    made = workspace.make(tmp_path_factory.mktemp("finished"))
    made.run("dvc", "repro")
    return made


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    """A workspace in which nothing has run."""
    return workspace.make(tmp_path_factory.mktemp("fresh"))
