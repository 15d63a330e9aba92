"""Verbs, locks, ignored files and metadata."""

import os
import re
import subprocess
import tomllib
from configparser import ConfigParser

import pytest

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
    assert {line.split()[1] for line in lines} >= {"repro", "test", "lint", "ui", "lock", "prune", "clean"}
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


@pytest.mark.parametrize(
    ("runs", "stages"),
    [("", "--all-pipelines"), ("lenet-plain vgg-plain", "evaluate@lenet-plain evaluate@vgg-plain")],
)
def test_make_repro_checks_params_first_and_names_the_stages(runs, stages):
    last = " ".join(make("--dry-run", "repro", f"RUNS={runs}").splitlines()[-1].split())
    check = " ".join(["python -m pipeline.params", *runs.split()])
    assert last.endswith(f"{check} && dvc repro {stages} && exec python -m tools.sync")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-gpu.lock", "requirements-team.lock"])
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
    lines = [line for line in (ROOT / "requirements.in").read_text().splitlines() if line and line[0] != "#"]
    asked = [re.fullmatch(r"([a-z0-9.-]+?)(?:==(\S+)|>=\S+)?", line).groups("") for line in lines]
    assert ("tensorflow", "2.21.0") in asked
    for package, version in asked:
        assert re.fullmatch(version.replace("*", r"\d+") or ".*", pins[package.replace(".", "-")]), package


@pytest.mark.parametrize(("name", "package"), [("cluster", "ray"), ("bench", "torch")])
def test_a_lock_of_one_verb_adds_its_package_and_changes_nothing(name, package) -> None:
    text = (ROOT / f"requirements-{name}.lock").read_text()
    pins, added = (dict(PIN.findall(part)) for part in ((ROOT / "requirements.lock").read_text(), text))
    assert package in added.keys() - pins.keys()
    assert {name for name in pins.keys() & added.keys() if pins[name] != added[name]} == set()
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


def test_parallel_processes_share_out_whole_groups(request):
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("::test_parallel_processes_share_out_whole_groups@test_setup.py")
