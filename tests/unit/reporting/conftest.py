"""A study of ten runs that several tests read."""

import pytest

from tests.support.reported import ten_runs


@pytest.fixture(scope="session")
def ten(tmp_path_factory):
    """The analysis of ten runs and the page about it; not to be changed."""
    return ten_runs(tmp_path_factory.mktemp("ten"))
