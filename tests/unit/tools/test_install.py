"""`setup/install`, with a stand-in for Python: nothing is installed or downloaded here."""

import os
import subprocess
from pathlib import Path

import pytest

from pipeline.core.paths import ROOT

PYTHON = """#!/bin/sh
# Stands for Python: knows its version, takes the lock, makes an environment whose pip obeys a file.
case "$*" in
    *version_info*) [ ! -e too-old ] ;;
    "-m venv --clear .venv")
        rm -rf .venv && mkdir -p .venv/bin && touch .venv/bin/activate && cp "$0" .venv/bin/python
        printf '#!/bin/sh\\necho "$*" >dvc-called\\n' >.venv/bin/dvc && chmod +x .venv/bin/dvc ;;
    "-m pip install"*) echo "$*" >>pip-called && [ ! -e no-network ] ;;
    "-m compileall"*) echo "$*" >compiled && false ;;  # as where a package has a template that is no Python
esac
"""


def install(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHON": str(folder / "python")}
    command = [str(ROOT / "setup/install"), "requirements.lock", "stamp 1"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def test_installing_twice_installs_once(folder):
    assert install(folder).returncode == 0
    assert (folder / ".venv/ready").read_text() == "stamp 1\n"
    second = install(folder)
    assert (second.returncode, second.stdout) == (0, "")
    assert (folder / "pip-called").read_text() == (
        "-m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock\n"
    )
    assert (folder / "compiled").read_text() == "-m compileall -qq -j 0 -x site-packages/.*/tests/ .venv/lib\n"


def test_an_interrupted_installation_does_not_look_finished(folder):
    assert install(folder).returncode == 0
    (folder / ".venv/ready").write_text("another lock\n")
    (folder / "no-network").touch()
    assert install(folder).returncode != 0
    assert not (folder / ".venv/ready").exists()
    (folder / "no-network").unlink()
    assert install(folder).returncode == 0
    assert (folder / ".venv/ready").exists()


def test_the_environment_sets_up_its_tools_and_closes_the_site_cache(folder):
    install(folder)
    assert (folder / ".venv/bin/activate").read_text().split("\n")[1:-1] == [
        "export MLFLOW_DISABLE_TELEMETRY=true",
        "export MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false",
        "export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false",
        "export TF_CPP_MIN_LOG_LEVEL=3",
        'export TF_ENABLE_ONEDNN_OPTS="${TF_ENABLE_ONEDNN_OPTS:-1}"',
    ]
    assert (folder / ".site-cache").stat().st_mode & 0o777 == 0o700
    expected = f"config --quiet --local core.site_cache_dir {folder}/.site-cache\n"
    assert (folder / "dvc-called").read_text() == expected


def test_a_python_that_is_too_old_is_one_clear_line(folder):
    (folder / "too-old").touch()
    done = install(folder)
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {folder}/python is not Python 3.11, 3.12 or 3.13;"
        " install one and name it: make PYTHON=/path/to/python\n"
    )
