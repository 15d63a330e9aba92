"""`setup/install` and `setup/add` with stubs for Python and uv: nothing is installed or downloaded here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core.paths import ROOT

PYTHON = """#!/bin/sh
# Knows its version, makes an environment, logs how pip was called and in which environment, fails without a network.
case "$*" in
    "-I "*) exec REAL "$@" ;;
    *version_info*) [ ! -e too-old ] ;;
    "-m venv --clear .venv")
        rm -rf .venv && mkdir -p .venv/bin .venv/lib/python3/site-packages/tensorflow/include .venv/lib/python3/x/tests
        touch .venv/bin/activate .venv/lib/python3/x/code.py && cp "$0" .venv/bin/python ;;
    "-m pip install"*) echo "$*" >>pip-called && env >pip-environment && [ ! -e no-network ] ;;
    "-m compileall"*) echo "$*" >>compiled && false ;;  # as where a package has a template that is not valid Python
esac
"""
PIP = "-m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r"
UV = """#!/bin/sh
echo "$*" >>uv-called && env >uv-environment && [ ! -e no-network ]
"""


def call(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "PYTHON": str(folder / "the python")} | variables
    command = (str(ROOT / "setup" / command[0]), *command[1:])
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def install(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return call(folder, "install", "requirements.lock", "stamp 1", **variables)


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def variables_in(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "José's folder"
    place.mkdir()
    executable(place / "the python", PYTHON.replace("REAL", sys.executable))
    (place / "pipeline/core").mkdir(parents=True)
    shutil.copy(ROOT / "pipeline/core/environment.py", place / "pipeline/core")
    return place


def test_installing_twice_installs_once(folder):
    first = install(folder)
    assert (first.returncode, first.stderr) == (0, "")
    assert (folder / ".venv/ready").read_text() == "stamp 1\n"
    second = install(folder)
    assert (second.returncode, second.stdout) == (0, "")
    assert (folder / "pip-called").read_text() == f"{PIP} requirements.lock\n"
    assert (folder / "compiled").read_text() == "-m compileall -qq -j 0 .venv/lib\n"


def test_headers_and_tests_of_packages_are_removed(folder):
    install(folder)
    left = sorted(str(path.relative_to(folder / ".venv/lib/python3")) for path in (folder / ".venv/lib").rglob("*"))[1:]
    assert left == ["site-packages", "site-packages/tensorflow", "x", "x/code.py"]


def test_uv_installs_where_it_is_on_the_path(folder):
    executable(folder / "bin/uv", UV)
    assert install(folder).returncode == 0
    expected = "pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock\n"
    assert (folder / "uv-called").read_text() == expected
    assert not (folder / "pip-called").exists()


def test_pip_installs_where_uv_cannot(folder):
    executable(folder / "bin/uv", UV.replace("[ ! -e no-network ]", "false"))
    assert install(folder).returncode == 0
    assert (folder / "pip-called").read_text() == f"{PIP} requirements.lock\n"


def test_an_interrupted_installation_is_not_ready(folder):
    assert install(folder).returncode == 0
    (folder / ".venv/ready").write_text("another lock\n")
    (folder / "no-network").touch()
    assert install(folder).returncode != 0
    assert not (folder / ".venv/ready").exists()
    (folder / "no-network").unlink()
    assert install(folder).returncode == 0
    assert (folder / ".venv/ready").exists()


def test_settings_of_the_users_shell_do_not_change_what_is_installed(folder):
    ignored = {
        "PIP_USER": "1",
        "PIP_TARGET": "/elsewhere",
        "PIP_PREFIX": "/elsewhere",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_NO_BINARY": ":all:",
        "PYTHONPATH": "/elsewhere",
        "PYTHONHOME": "/elsewhere",
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "UV_PYTHON": "3.8",
        "UV_NO_BINARY": "1",
    }
    obeyed = {
        "PIP_INDEX_URL": "https://mirror.example",
        "PIP_CONFIG_FILE": "/etc/pip.conf",
        "PIP_CERT": "/etc/ca.pem",
        "UV_DEFAULT_INDEX": "https://mirror.example",
        "UV_INDEX_URL": "https://mirror.example",
        "UV_CACHE_DIR": "/cache",
        "https_proxy": "http://proxy.example",
        "SSL_CERT_FILE": "/etc/ca.pem",
    }
    executable(folder / "bin/uv", UV + "false\n")
    assert install(folder, **ignored, **obeyed).returncode == 0
    for name in ("uv-environment", "pip-environment"):
        found = variables_in(folder / name)
        assert obeyed.items() <= found.items()
        assert ignored.keys() & found.keys() == {"PIP_USER"}
        assert found["PIP_USER"] == "0"


def test_add_installs_a_lock_once_and_again_when_it_changes(folder):
    install(folder)
    lock, done = folder / "requirements-test.lock", folder / ".venv/test"
    lock.touch()
    for _ in range(2):
        assert call(folder, "add", lock.name, ".venv/test").returncode == 0
    assert (folder / "pip-called").read_text() == f"{PIP} requirements.lock\n{PIP} requirements-test.lock\n"
    os.utime(done, (0, 0))
    call(folder, "add", lock.name, ".venv/test")
    assert (folder / "pip-called").read_text().count("requirements-test.lock") == 2


def test_activate_sets_variables_and_the_site_cache_is_private(folder):
    (folder / ".site-cache").mkdir(mode=0o777)
    (folder / ".site-cache/planted").touch()
    install(folder)
    script = f'VIRTUAL_ENV="{folder}/.venv"; . .venv/bin/activate; env'
    printed = subprocess.run(
        ["sh", "-c", script], cwd=folder, env={"PYTHONPATH": "/elsewhere"}, capture_output=True, text=True, check=True
    ).stdout
    assert {
        f"DVC_SITE_CACHE_DIR={folder}/.site-cache",
        "MLFLOW_DISABLE_TELEMETRY=true",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false",
        "TF_CPP_MIN_LOG_LEVEL=3",
        "TF_ENABLE_ONEDNN_OPTS=1",
        "KERAS_BACKEND=tensorflow",
    } <= set(printed.splitlines())
    assert "PYTHONPATH=" not in printed
    assert (folder / ".site-cache").stat().st_mode & 0o777 == 0o700
    assert not list((folder / ".site-cache").iterdir())


def test_an_unsupported_python_is_one_error_line(folder):
    (folder / "too-old").touch()
    done = install(folder)
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {folder}/the python is not Python 3.11, 3.12 or 3.13;"
        " install one and name it: make PYTHON=/path/to/python\n"
    )
