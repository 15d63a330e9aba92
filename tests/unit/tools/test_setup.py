"""Verbs, locks, ignored files and metadata."""

import csv
import os
import re
import shutil
import subprocess
import tomllib
from configparser import ConfigParser
from datetime import date

import pytest
from packaging.markers import Marker

from pipeline.core.paths import ROOT

PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)


def make(*arguments: str, **more: str) -> str:
    """What make prints, also where these tests were themselves started by make."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))} | more
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_make_alone_prints_the_verbs():
    lines = make().splitlines()
    assert {line.split()[1] for line in lines} >= {"repro", "test", "test-all", "lint", "ui", "lock", "prune", "clean"}
    assert all(re.match(r"make [a-z-]+ +\S", line) and len(line) <= 120 for line in lines)


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
    printed = make("--print-data-base", "--dry-run", "help", PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert f"\nLOCK := {lock}\n" in printed


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-gpu.lock", "requirements-team.lock"])
def test_locks_hold_hashes_and_neither_hosts_nor_paths(name):
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=[a-z0-9.-]+==)", text)[1:]
    assert len(entries) > 130
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry) for entry in entries)
    assert not re.search(r"://|^ *-[^-]|--(?!hash=sha256:)|@ |(?<![\w.-])/\w", text, re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """The versions in a lock, by package."""
    return dict(PIN.findall((ROOT / f"{name}.lock").read_text()))


def test_the_locks_hold_what_is_asked_for_and_the_gpu_lock_has_the_same_versions():
    cpu, gpu = pins("requirements"), pins("requirements-gpu")
    assert cpu.keys() - gpu.keys() == {"tensorflow-cpu"}
    assert {name: version for name, version in cpu.items() if name != "tensorflow-cpu"}.items() <= gpu.items()
    assert {"nvidia-cudnn-cu12", "nvidia-ml-py"} <= gpu.keys() - cpu.keys()
    lines = "\n".join((ROOT / f"{name}.in").read_text() for name in ("requirements-base", "requirements"))
    asked = re.findall(r"^([a-z0-9.-]+?)(?:==([^\s;]+)|>=\S+?)?(?:;.*)?$", lines, re.MULTILINE)
    assert {("tensorflow", "2.21.0"), ("tensorflow-cpu", "2.21.0"), ("keras", "3.15.1")} <= set(asked)
    for package, version in asked:
        assert re.fullmatch(version.replace("*", r"\d+") or ".*", cpu[package.replace(".", "-")]), package


def test_linux_on_x86_64_gets_tensorflow_without_cuda():
    text = (ROOT / "requirements.lock").read_text()
    markers = dict(re.findall(r"^(tensorflow\S*?)==\S+ ; (.*) \\$", text, re.MULTILINE))
    for system, machine, package in [
        ("linux", "x86_64", "tensorflow-cpu"),
        ("linux", "aarch64", "tensorflow"),
        ("darwin", "arm64", "tensorflow"),
        ("darwin", "x86_64", "tensorflow"),
    ]:
        place = {"sys_platform": system, "platform_machine": machine}
        assert [name for name, marker in markers.items() if Marker(marker).evaluate(place)] == [package]


@pytest.mark.parametrize(("name", "package"), [("test", "pytest"), ("cluster", "ray"), ("export", "onnxruntime")])
def test_an_additional_lock_adds_its_package_and_changes_no_version(name, package) -> None:
    text = (ROOT / f"requirements-{name}.lock").read_text()
    first, added = pins("requirements"), pins(f"requirements-{name}")
    assert package in added.keys() - first.keys()
    assert {name for name in first.keys() & added.keys() if first[name] != added[name]} == set()
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z0-9.-]+==)", text)[1:])
    assert "://" not in text


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
    """Where nothing else names a private folder, DVC's own is no folder at all: it ends with one line that says so."""
    config = ConfigParser()
    config.read(ROOT / ".dvc/config")
    core = dict(config["core"])
    assert core.pop("site_cache_dir").startswith('"/dev/null/no private folder')
    assert core == {"analytics": "false", "check_update": "false"}


def test_metadata_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert f"version: {project['version']}\n" in (ROOT / "CITATION.cff").read_text()
    assert "run: .ci/run\n" in (ROOT / ".github/workflows/ci.yml").read_text()
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_exceptions_of_the_audit_have_a_day_and_a_reason():
    with (ROOT / "setup/audit-exceptions.csv").open() as file:
        for row in csv.DictReader(file):
            assert row["advisory"]
            assert row["reason"]
            date.fromisoformat(row["until"])


def test_a_checkout_with_autocrlf_keeps_line_feeds(tmp_path):
    for name in (".gitattributes", "setup/install", "tests/data/t10k-labels-idx1-ubyte"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    git = ("git", "-c", "core.autocrlf=true", "-c", "user.name=t", "-c", "user.email=t@localhost")
    for words in ("init -q", "add -A", "commit -qm x", "rm -rq .", "reset -q --hard"):
        subprocess.run([*git, *words.split()], cwd=tmp_path, check=True)
    for name in ("setup/install", "tests/data/t10k-labels-idx1-ubyte"):
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes()
