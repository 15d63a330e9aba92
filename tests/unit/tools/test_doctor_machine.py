"""`make doctor` on Python, packages, GPU and disk."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from pipeline.core.paths import ROOT
from tests.support.checkout import assert_wrong
from tools.checks import Verdict, machine


def test_unsupported_python(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.8,<3.9"\n')
    assert_wrong(machine.python(tmp_path), ", expected >=3.8,<3.9")
    assert not machine.python(ROOT).remedy


def test_packages_with_other_versions_or_absent(tmp_path: Path) -> None:
    lock = tmp_path / "requirements-gpu.lock"
    right = f"pytest=={metadata.version('pytest')} \\\n    --hash=sha256:00\n"
    elsewhere = "pywin32==312 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
    lock.write_text(right + elsewhere)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/ready").write_text("requirements-gpu.lock 1 2 /somewhere\n")
    assert machine.packages(tmp_path) == Verdict("1 as in requirements-gpu.lock")
    lock.write_text("pytest==0.1 \\\n    --hash=sha256:00\nno-such-package==1.0\n")
    verdict = machine.packages(tmp_path)
    assert_wrong(verdict, f"pytest {metadata.version('pytest')} instead of 0.1, no-such-package nothing instead of 1.0")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_a_gpu_that_tensorflow_cannot_use(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "USE_GPUS", "raise SystemExit('not to be run')")
    assert machine.gpu(programs) == Verdict("none, trainings use the CPU")
    (programs / "nvidia-smi").write_text("#!/bin/sh\necho 'GPU 0: NVIDIA T4'\necho 'GPU 1: NVIDIA T4'\n")
    (programs / "nvidia-smi").chmod(0o755)
    assert_wrong(machine.gpu(programs), "nvidia-smi lists 2, TensorFlow can use 0", "requirements-gpu.lock")
    monkeypatch.setattr(machine, "USE_GPUS", "print(512.0); raise SystemExit('the second one fails')")
    assert_wrong(machine.gpu(programs), "nvidia-smi lists 2, TensorFlow can use 1")
    monkeypatch.setattr(machine, "USE_GPUS", "print(512.0); print(512.0)")
    assert machine.gpu(programs) == Verdict("2, TensorFlow can use them")


def test_tensorflow_computes_the_expected_sum() -> None:
    """On the CPU in place of a GPU."""
    command = [sys.executable, "-c", machine.USE_GPUS.replace("GPU", "CPU")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "512.0\n"


def test_full_disk(tmp_path: Path) -> None:
    assert_wrong(machine.disk(tmp_path, needed=1e18), "GB free", "make prune")
    assert not machine.disk(tmp_path, needed=1).remedy


def test_the_site_cache_is_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ".site-cache"
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(folder))
    assert_wrong(machine.site_cache(tmp_path), ".site-cache: missing")
    folder.mkdir(mode=0o700)
    assert machine.site_cache(tmp_path) == Verdict("closed to others")
    folder.chmod(0o750)
    assert_wrong(machine.site_cache(tmp_path), "others can enter it (mode 750", "delete it")


def test_git_that_refuses(tmp_path: Path) -> None:
    assert_wrong(machine.git(tmp_path), "not a git repository", "of which commit")
    assert machine.git(ROOT).found.startswith("commit ")
