"""`python -m tools.cluster` on three simulated nodes leaves what a sequential `dvc repro` leaves."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from ruamel.yaml import YAML

from tests.cluster.conftest import BROKEN, LENET, RUNS, Nodes
from tests.support.mirrored import client, content, of_result
from tests.support.workspace import Workspace

COMMAND = ("python", "-m", "tools.cluster", "--memory", "0.5")


def lock(workspace: Workspace, *runs: str) -> dict:
    """The stages of the runs in `dvc.lock`, without the file of times and hosts."""
    stages = YAML(typ="safe").load((workspace.root / "dvc.lock").read_text())["stages"]
    kept = {f"{kind}@{run}": stages[f"{kind}@{run}"] for kind in ("train", "evaluate", "draw") for run in runs}
    for stage in kept.values():
        stage["outs"] = [out for out in stage["outs"] if not out["path"].endswith("/environment.json")]
    return kept


def training(workspace: Workspace, run: str) -> str:
    """The identity of the training that left a run's results."""
    return json.loads((workspace.results(run) / "environment.json").read_text())["training_id"]


def tracked(workspace: Workspace, run: str) -> dict:
    """What MLflow shows of a run, but for times, hosts and identities."""
    found = content(client(workspace), of_result(workspace, run))
    shown = {key: points for key, points in found["curves"].items() if not key.startswith("system/")}
    curves = {key: [(step, value) for step, value, _ in points] for key, points in shown.items()}
    files = {name: digest for name, digest in found["files"].items() if not name.endswith("environment.json")}
    return {key: found[key] for key in ("name", "params", "models", "data")} | {"curves": curves, "files": files}


def until(process: subprocess.Popen, pattern: str) -> re.Match:
    """The first line that a process prints and that matches."""
    printed = []
    for line in process.stdout:
        printed.append(line)
        if match := re.search(pattern, line):
            return match
    raise AssertionError(f"it ended without {pattern!r}:\n{''.join(printed)}")


def test_three_nodes_give_what_one_machine_gives(nodes: Nodes, untrained: Workspace, sequential: Workspace) -> None:
    untrained.edit(lambda values: values["runs"].update({"lenet-broken": BROKEN}))
    done = untrained.run(*COMMAND, check=False, RAY_ADDRESS=nodes.address)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.splitlines()[-1] == "error: 1 of 4 runs failed: lenet-broken; the others are finished"
    assert "lenet-broken: params.yaml: runs.lenet-broken: training_images is 9999, but there are only" in done.stdout
    assert "Running stage 'report'" not in done.stdout
    used = set(re.findall(r"^lenet-\S+  done  .* (\w{4})$", done.stdout, re.MULTILINE))
    assert len(used) > 1
    for run in RUNS:
        assert untrained.contents(run) == sequential.contents(run)
    assert lock(untrained, *RUNS) == lock(sequential, *RUNS)

    untrained.edit(lambda values: values["runs"].pop("lenet-broken"))
    again = untrained.run(*COMMAND, RAY_ADDRESS="127.0.0.1:1").stdout  # asks no node
    assert "Running stage 'report'" in again
    assert "Running stage 'train" not in again
    assert untrained.run("dvc", "status").stdout == "Data and pipelines are up to date.\n"
    assert re.findall(r"^(lenet-\w+) +linked$", again, re.MULTILINE) == list(RUNS)
    for run in RUNS:
        assert tracked(untrained, run) == tracked(sequential, run)


def test_a_node_killed_during_training_costs_no_result(
    nodes: Nodes, untrained: Workspace, sequential: Workspace
) -> None:
    driver = untrained.start(*COMMAND, "lenet-long", RAY_ADDRESS=nodes.address)
    first = until(driver, r"^lenet-long  training  [12]/3  \S+  \S+ (\w{4})")[1]
    nodes.kill(first)
    printed, _ = driver.communicate()
    assert driver.returncode == 0, printed
    last = re.search(r"^lenet-long  done  3/3  \S+  \S+ (\w{4})$", printed, re.MULTILINE)
    assert last and last[1] != first, printed
    assert untrained.contents("lenet-long") == sequential.contents("lenet-long")


def test_stopped_and_killed_drivers_cost_no_training(nodes: Nodes, untrained: Workspace, sequential: Workspace) -> None:
    untrained.edit(lambda values: values["runs"].update({"lenet-endless": LENET | {"epochs": 1000}}))
    asked = untrained.start(*COMMAND, "lenet-a", "lenet-endless", RAY_ADDRESS=nodes.address)
    until(asked, "^lenet-a  done")
    asked.send_signal(signal.SIGINT)
    printed, _ = asked.communicate()
    assert asked.returncode == 130, printed
    assert (
        "interrupted: 1 of 2 runs are finished and can be used; `make cluster` continues with lenet-endless" in printed
    )
    left = [each for each in psutil.process_iter(["cmdline"]) if "lenet-endless" in (each.info["cmdline"] or [])]
    assert psutil.wait_procs(left, timeout=60)[1] == []
    untrained.edit(lambda values: values["runs"].pop("lenet-endless"))
    assert untrained.contents("lenet-a") == sequential.contents("lenet-a")
    first = training(untrained, "lenet-a")

    killed = untrained.start(*COMMAND, RAY_ADDRESS=nodes.address)
    until(killed, "^lenet-b  done")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not untrained.results("lenet-b").exists()

    last = untrained.run(*COMMAND, RAY_ADDRESS=nodes.address).stdout
    assert "lenet-b  " not in last.partition("Running stage 'report'")[0]
    assert training(untrained, "lenet-a") == first
    for run in RUNS:
        assert untrained.contents(run) == sequential.contents(run)


def test_what_only_lacks_evaluation_is_evaluated_here(sequential: Workspace, tmp_path: Path) -> None:
    copy = sequential.copy(tmp_path / "work")
    first = training(copy, "lenet-a")
    with (copy.root / "pipeline/evaluate.py").open("a") as stream:
        stream.write("# changed\n")
    refused = copy.run(*COMMAND, check=False)
    assert refused.stderr == (
        "error: pipeline/evaluate.py: not committed, so the nodes would not have it; commit it first\n"
    )
    copy.run("git", "commit", "--quiet", "--all", "--message", "Change")
    printed = copy.run(*COMMAND, "lenet-a", RAY_ADDRESS="127.0.0.1:1").stdout  # asks no node
    assert "Running stage 'evaluate@lenet-a'" in printed
    assert "Running stage 'train" not in printed
    assert training(copy, "lenet-a") == first
    assert copy.contents("lenet-a") == sequential.contents("lenet-a")
    assert copy.run("dvc", "status", "draw@lenet-a").stdout == "Data and pipelines are up to date.\n"


def test_no_memory_left_is_said_so(untrained: Workspace) -> None:
    full = Nodes(memory_usage_threshold=0.01, memory_monitor_refresh_ms=100)
    try:
        done = untrained.run(*COMMAND, "lenet-a", check=False, RAY_ADDRESS=full.address)
    finally:
        full.cluster.shutdown()
    assert done.returncode == 1
    assert "lenet-a: out of memory: " in done.stdout
    assert done.stderr.splitlines()[-1] == "error: 1 of 1 runs failed: lenet-a; the others are finished"


@pytest.mark.skipif(sys.platform == "darwin", reason="counts processors as Linux does")
def test_without_an_address_the_cluster_is_this_machine(untrained: Workspace) -> None:
    done = untrained.run(*COMMAND, "--cpus", "2", "lenet-a", RAY_ADDRESS="")
    assert "lenet-a  done  1/1" in done.stdout
