"""Atomic writes."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.core import files


@pytest.fixture
def at_most_1000_bytes() -> Iterator[None]:
    """Let writes beyond 1 000 bytes fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_failed_write_names_the_file_and_keeps_the_old_one(tmp_path: Path, at_most_1000_bytes: None) -> None:
    path = tmp_path / "history.csv"
    files.write_bytes(path, b"before")
    with pytest.raises(OSError) as caught:
        files.write_bytes(path, b"x" * 1001)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_new_folders_are_synced_to_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(files, "sync_folder", synced.append)
    files.make_folder(tmp_path / "a" / "b")
    assert synced == [tmp_path / "a", tmp_path]
    files.make_folder(tmp_path / "a" / "b")
    assert len(synced) == 2
