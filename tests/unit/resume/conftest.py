"""A folder of checkpoints."""

import pytest

from tests.support.checkpoints import save


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "lenet-plain-0123456789abcdef"
    made.mkdir()
    return made


@pytest.fixture
def three(folder):
    """A folder after three saves."""
    for number in (1, 2, 3):
        save(folder, number)
    return folder
