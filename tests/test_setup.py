"""Installation, verbs, locks and ignored files; nothing is installed or downloaded here."""

import os
import re
import shutil
import subprocess
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest

from pipeline.files import ROOT

pytest_plugins = ["pytester"]

PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)
PYTHON = """#!/bin/sh
# Stands for Python: knows its version, takes the lock, makes an environment whose pip obeys a file.
case "$*" in
    *version_info*) [ ! -e too-old ] ;;
    "-m venv --clear .venv")
        rm -rf .venv && mkdir -p .venv/bin && touch .venv/bin/activate && cp "$0" .venv/bin/python
        printf '#!/bin/sh\\necho "$*" >dvc-called\\n' >.venv/bin/dvc && chmod +x .venv/bin/dvc ;;
    "-m pip install"*) echo "$*" >>pip-called && [ ! -e no-network ] ;;
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
        "-m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock\n"
    )


def test_an_interrupted_installation_does_not_look_finished(folder):
    assert install(folder).returncode == 0
    (folder / ".venv/ready").write_text("another lock\n")
    (folder / "no-network").touch()
    assert install(folder).returncode != 0
    assert not (folder / ".venv/ready").exists()
    (folder / "no-network").unlink()
    assert install(folder).returncode == 0
    assert (folder / ".venv/ready").exists()


def test_the_environment_silences_its_tools_and_closes_the_site_cache(folder):
    install(folder)
    assert (folder / ".venv/bin/activate").read_text().split("\n")[1:-1] == [
        "export MLFLOW_DISABLE_TELEMETRY=true",
        "export MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false",
        "export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false",
        "export TF_CPP_MIN_LOG_LEVEL=3",
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


def test_make_alone_prints_the_verbs():
    lines = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {line.split()[1] for line in lines} >= {"repro", "test", "lint", "ui", "lock", "prune", "clean"}
    assert all(re.match(r"make [a-z]+ +\S", line) and len(line) <= 120 for line in lines)


@pytest.mark.parametrize(
    ("platform", "says", "lock"),
    [
        ("Linux x86_64", "echo 'GPU 0: NVIDIA T4'", "requirements-gpu.lock"),
        ("Linux x86_64", "echo 'NVIDIA-SMI has failed'; exit 9", "requirements.lock"),
        ("Darwin arm64", "echo 'GPU 0: NVIDIA T4'", "requirements.lock"),
    ],
)
def test_the_lock_follows_the_gpu(tmp_path, platform, says, lock):
    for name, body in {"uname": f"echo '{platform}'", "nvidia-smi": says}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = ["make", "--print-data-base", "--dry-run", "help"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert f"\nLOCK := {lock}\n" in done.stdout


def test_make_repro_checks_params_first_and_names_the_stages():
    command = ["make", "--dry-run", "--assume-old=.venv/ready", "repro", "RUNS=lenet-plain vgg-plain"]
    line = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
    assert line.endswith(
        "python -m pipeline.params lenet-plain vgg-plain && exec dvc repro evaluate@lenet-plain evaluate@vgg-plain"
    )


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-gpu.lock"])
def test_locks_hold_hashes_and_neither_hosts_nor_paths(name):
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=[a-z0-9.-]+==)", text)[1:]
    assert len(entries) > 150
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry) for entry in entries)
    assert not re.search(r"://|^ *-[^-]|--(?!hash=sha256:)|@ |(?<![\w.-])/\w", text, re.MULTILINE)


def test_the_locks_agree_and_hold_what_is_asked_for():
    pins = dict(PIN.findall((ROOT / "requirements.lock").read_text()))
    gpu = dict(PIN.findall((ROOT / "requirements-gpu.lock").read_text()))
    assert pins.items() <= gpu.items()
    assert {"nvidia-cudnn-cu12", "nvidia-ml-py"} <= gpu.keys() - pins.keys()
    asked = re.findall(r"^([a-z0-9.-]+?)(?:==(\S+)|>=\S+)?$", (ROOT / "requirements.in").read_text(), re.MULTILINE)
    assert len(asked) == 19
    for package, version in asked:
        assert re.fullmatch(version.replace("*", r"\d+") or ".*", pins[package.replace(".", "-")]), package


def test_what_git_ignores():
    ignored = [
        ".venv/bin/python",
        ".venv.lock",
        "mlflow.db",
        "mlflow.db-wal",
        "mlartifacts/1/x",
        ".checkpoints/x",
        "dvc_plots/index.html",
        ".site-cache/repo",
        "pipeline/__pycache__/x.pyc",
        ".dvc/config.local",
        ".dvc/cache/files",
        ".dvc/tmp/lock",
    ]
    kept = ["results/report.md", "results/runs/lenet-plain/history.csv", "dvc.lock", "requirements.lock", ".dvc/config"]
    command = ["git", "check-ignore", "--no-index", *ignored, *kept]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split() == ignored


def test_dvc_sends_nothing_and_shares_no_folder():
    config = ConfigParser()
    config.read(ROOT / ".dvc/config")
    core = dict(config["core"])
    assert core == {"analytics": "false", "check_update": "false", "site_cache_dir": ".site-cache"}


def test_metadata_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert f"version: {project['version']}\n" in (ROOT / "CITATION.cff").read_text()
    assert "run: .ci/run\n" in (ROOT / ".github/workflows/ci.yml").read_text()
    assert os.access(ROOT / ".ci/run", os.X_OK)


SKIPS = {
    "test_one.py": "import pytest\ndef test_x(): pytest.skip('no GPU')\n@pytest.mark.xfail\ndef test_y(): assert 0",
    "test_two.py": "import pytest\npytest.skip('no module', allow_module_level=True)",
}


@pytest.mark.parametrize(
    ("ci", "allowed", "outcomes"),
    [
        ("", {}, {"skipped": 2, "xfailed": 1}),
        ("true", {"test_one.py::test_x": "no GPU", "test_two.py": "no module"}, {"skipped": 2, "xfailed": 1}),
        ("true", {"test_one.py::test_x": "another reason", "test_two.py": "no module"}, {"failed": 1}),
        ("true", {"test_one.py::test_x": "no GPU"}, {"errors": 1}),
    ],
)
def test_in_ci_a_skip_that_is_not_listed_fails(pytester, monkeypatch, ci, allowed, outcomes):
    monkeypatch.setenv("CI", ci)
    plugin = pytester.path / "allowed_skips.py"
    shutil.copy(ROOT / "tests/allowed_skips.py", plugin)
    plugin.write_text(re.sub(r"^ALLOWED.*$", f"ALLOWED = {allowed}", plugin.read_text(), flags=re.MULTILINE))
    for name, text in SKIPS.items():
        (pytester.path / name).write_text(text)
    pytester.makeconftest("pytest_plugins = ['allowed_skips']")
    found = pytester.runpytest_inprocess("-p", "no:cacheprovider").parseoutcomes()
    assert outcomes.items() <= found.items()
