"""A study trains through the real stages in a clone of its own, goes on where it stopped, and keeps no weights."""

import os
import signal
import subprocess
import time

import pytest
from ruamel.yaml import YAML

from pipeline.errors import PipelineError
from pipeline.files import ROOT, read_csv
from tests.workspace import Workspace
from tools.study import plan, search
from tools.study.plan import Budget, Search
from tools.study.search import Trial

RUN = "lenet-dropout"
LENET = {"architecture": "lenet", "pooling": True, "dropout": True, "batch_norm": False}
IN_FRONT = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a script starts in the background
runpy.run_module("tools.study", run_name="__main__", alter_sys=True)
"""
BUDGETS = [Budget(epochs=1, training_images=96), Budget(epochs=2, training_images=80)]


class Trained:
    """Stands for a trainer: knows each run's validation accuracy, or has no time for it."""

    def __init__(self, **accuracies: float) -> None:
        self.accuracies = {name.replace("_", "-"): value for name, value in accuracies.items()}
        self.given: list[dict] = []

    def set_runs(self, runs: dict) -> None:
        self.given.append(runs)

    def repro(self, target: str) -> bool:
        return target.removeprefix("train@") in self.accuracies

    def history(self, run: str) -> list[dict[str, str]]:
        return [{"val_accuracy": "0.1"}, {"val_accuracy": str(self.accuracies[run])}]


def wanted(target: float) -> Search:
    return Search(target=target, seeds=[1, 2], run=LENET, budgets=BUDGETS, beside={"lenet-plain": {"dropout": False}})


def test_the_first_budget_whose_mean_reaches_the_target_ends_the_search() -> None:
    trainer = Trained(net_1x96_seed1=0.97, net_1x96_seed2=0.99, net_2x80_seed1=1.0, net_2x80_seed2=1.0)
    (trial,) = search.tried(trainer, "net", wanted(0.98))
    assert (trial.budget.images, trial.mean, trial.reached) == (96, 0.98, True)
    assert trainer.given == [
        {
            "net-1x96-seed1": {**LENET, "epochs": 1, "training_images": 96, "seed": 1},
            "net-1x96-seed2": {**LENET, "epochs": 1, "training_images": 96, "seed": 2},
        }
    ]


def test_every_budget_tried_is_listed_whether_it_reached_the_target_or_not() -> None:
    trainer = Trained(net_1x96_seed1=0.97, net_1x96_seed2=0.98, net_2x80_seed1=0.96, net_2x80_seed2=0.97)
    trials = search.tried(trainer, "net", wanted(0.98))
    assert [(trial.budget.images, trial.reached) for trial in trials] == [(96, False), (160, False)]
    assert search.rows(trials)[2] == {
        "network": "net",
        "run": "net-2x80-seed1",
        "epochs": 2,
        "training_images": 80,
        "images_seen": 160,
        "val_accuracy": 0.96,
        "target": 0.98,
        "reached": False,
    }


def test_a_budget_that_lacks_a_seed_does_not_count() -> None:
    assert search.tried(Trained(net_1x96_seed1=1.0), "net", wanted(0.9)) == []


def test_what_stands_beside_has_the_budget_that_was_found() -> None:
    assert search.beside(wanted(0.9), BUDGETS[1]) == {
        "lenet-plain": {**LENET, "epochs": 2, "training_images": 80, "dropout": False}
    }
    assert Trial("net", BUDGETS[1], 0.9, {"a": 0.9}).reached


@pytest.mark.parametrize("name", ["notebook", "efficient", "best"])
def test_the_studies_are_plans_that_the_schema_accepts(name: str, tmp_path) -> None:
    from pipeline import params
    from tools.study.trainer import Trainer
    from tools.workspace import Workspace as Clone

    study = plan.load(name)
    runs = dict(study.params["runs"])
    for network, one in study.searches.items():
        for budget in one.budgets:
            runs |= search.candidates(network, one, budget) | search.beside(one, budget)
    Trainer(study, Clone(tmp_path), None).set_runs(runs)
    found = params.load(tmp_path / "params.yaml")
    assert found.protocol == name
    assert list(found.runs) == list(runs)


def test_an_unknown_name_is_named_with_the_nearest() -> None:
    with pytest.raises(PipelineError, match="study/notebok/params.yaml: not found; did you mean 'notebook'"):
        plan.load("notebok")
    with pytest.raises(PipelineError, match="study/efficient: 'vg' is unknown; did you mean 'vgg'"):
        plan.load("efficient").chosen(["vg"])
    assert plan.load("efficient").chosen([]) == ["lenet", "vgg", "custom"]


def test_a_study_is_trained_searched_and_kept(copied: Workspace) -> None:
    budgets = [{"epochs": 1, "training_images": 64}]
    lenet = {"target": 0.0, "seeds": [7], "run": LENET, "budgets": budgets, "beside": {}}
    _plan(copied, runs={RUN: LENET}, search={"lenet": lenet})
    copied.run("git", "add", "-A")
    copied.run("git", "commit", "-qm", "Plan a study")
    printed = copied.run("python", "-m", "tools.study", "tiny").stdout
    assert printed.splitlines()[-3:] == ["lenet-1x64-seed7: done", f"{RUN}: done", "Written: study/tiny/README.md"]
    kept = copied.root / "study/tiny"
    assert {path.name: path.read_bytes() for path in (kept / "runs" / RUN).iterdir()} == {
        name: content
        for name, content in copied.contents(RUN, equal=False).items()
        if name not in ("model.keras", "probabilities.npy")
    }  # of equal inputs, so nothing was trained again
    (row,) = read_csv(kept / "search.csv")
    assert (row["run"], row["images_seen"], row["reached"]) == ("lenet-1x64-seed7", "64", "True")
    page = (kept / "README.md").read_text()
    assert f"| {RUN} " in page and "| 2 of 2 " in page and "| 99.24 % " in page and "| 1 × 64 " in page
    assert "lenet-1x64-seed7" in (kept / "report.md").read_text()
    changed = copied.run("git", "status", "--porcelain", "--untracked-files=all").stdout
    assert all("study/tiny/" in line and "work/" not in line for line in changed.splitlines())
    assert copied.run("dvc", "status").stdout == "Data and pipelines are up to date.\n"
    clean = (kept / "runs/lenet-1x64-seed7/environment.json").read_text()
    assert '"git_clean": true' in clean
    assert copied.run("git", "rev-parse", "HEAD").stdout.strip() in clean


def test_a_study_that_was_stopped_says_how_far_it_is(copied: Workspace) -> None:
    _plan(copied, runs={"slow": {**LENET, "epochs": 500}})
    started = copied.start("python", "-c", IN_FRONT, "tiny")
    work = copied.root / "study/tiny/work"
    while not list(work.glob(".checkpoints/slow-*/run/history.csv")):
        assert started.poll() is None, started.communicate()[0]
        time.sleep(0.2)
    os.killpg(started.pid, signal.SIGINT)
    printed = started.communicate()[0]
    assert started.returncode == 130, printed
    assert "`make study NAME=tiny` goes on from here" in printed
    assert copied.run("python", "-m", "tools.study", "tiny", "--minutes", "0").stdout.startswith("slow: unfinished\n")
    done = len(read_csv(copied.root / "study/tiny/unfinished/slow/history.csv"))
    assert f"| {done} of 500 " in (copied.root / "study/tiny/README.md").read_text()
    printed = copied.run("python", "-m", "tools.study", "tiny", "--minutes", "0.3").stdout  # time for a step or none
    assert "slow: unfinished\n" in printed
    assert len(read_csv(copied.root / "study/tiny/unfinished/slow/history.csv")) >= done


def _plan(workspace: Workspace, **values: object) -> None:
    """Write study/tiny/params.yaml."""
    folder = workspace.root / "study/tiny"
    folder.mkdir(parents=True)
    with (folder / "params.yaml").open("w") as stream:
        YAML(typ="safe").dump({"protocol": "fast", **values}, stream)


def test_git_ignores_the_clones_and_dvc_does_not_look_into_them() -> None:
    command = ["git", "check-ignore", "study/any/work/model.keras"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    assert "/study/*/work" in (ROOT / ".dvcignore").read_text().splitlines()
