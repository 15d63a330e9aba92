"""A study's plan, and its search for the smallest budget that reaches a target."""

import copy
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config import params
from pipeline.core.errors import PipelineError
from pipeline.formats.tables import write_csv
from tools.study import plan, search
from tools.study.plan import Budget, Search
from tools.study.saved_results import SavedResults
from tools.study.search import Trial
from tools.study.trainer import Trainer
from tools.workspace import Workspace

LENET = {"architecture": "lenet", "pooling": True, "dropout": True, "batch_norm": False}
RUN = params.load_params().run("lenet-dropout")
BUDGETS = [Budget(epochs=1, training_images=96), Budget(epochs=2, training_images=80)]


class Trained:
    """Stands for a trainer: knows each run's validation accuracy, or has no time for it; `done` are trained already."""

    def __init__(self, **accuracies: float) -> None:
        self.accuracies = {name.replace("_", "-"): value for name, value in accuracies.items()}
        self.given: list[dict] = []
        self.done: set[str] = set()
        self.reads_only = False
        self.saved, self.planned = SavedResults(Path("nowhere")), RUN

    def set_runs(self, runs: dict) -> dict:
        self.given.append(runs)
        return {name: replace(self.planned, name=name) for name in runs}

    def read_only(self) -> "Trained":
        reader = copy.copy(self)
        reader.reads_only = True
        return reader

    def repro(self, target: str) -> bool:
        name = target.removeprefix("train@")
        if name in self.accuracies and not self.reads_only:
            self.done.add(name)
        return name in self.done

    def val_accuracy(self, run: str) -> float:
        return self.accuracies[run]


def wanted(target: float) -> Search:
    return Search(
        target=target, seeds=[1, 2], run=LENET, budgets=BUDGETS, comparison_runs={"lenet-plain": {"dropout": False}}
    )


def test_the_first_budget_whose_mean_reaches_the_target_is_the_last_to_be_trained(tmp_path: Path) -> None:
    trainer = Trained(net_1x96_seed1=0.97, net_1x96_seed2=0.99, net_2x80_seed1=1.0, net_2x80_seed2=1.0)
    (trial,) = search.run_search(trainer, "net", wanted(0.98))
    assert (trial.budget.images_seen, trial.mean, trial.reached) == (96, 0.98, True)
    assert trainer.given[0] == {
        "net-1x96-seed1": {**LENET, "epochs": 1, "training_images": 96, "seed": 1},
        "net-1x96-seed2": {**LENET, "epochs": 1, "training_images": 96, "seed": 2},
    }
    assert trainer.done == set(trainer.given[0])
    known = [trial, *search.run_search(trainer, "net", replace_budgets(wanted(0.98), BUDGETS[1:]))]
    write_csv(tmp_path / "search.csv", search.search_rows(known))
    later = Trained()
    later.saved = SavedResults(tmp_path)
    assert search.run_search(later, "net", wanted(0.98)) == known
    assert later.done == set()


def replace_budgets(wanted: Search, budgets: list[Budget]) -> Search:
    return wanted.model_copy(update={"budgets": budgets})


def test_a_budget_may_have_a_recipe_of_its_own() -> None:
    values = wanted(0.9).model_dump() | {"recipes": {"rotated": {"max_shift": 1, "batch_norm": True}}}
    values["budgets"] = [{"epochs": 1, "training_images": 96, "recipe": "rotated"}]
    found = Search(**values)
    (budget,) = found.budgets
    settings = {**LENET, "batch_norm": True, "max_shift": 1, "epochs": 1, "training_images": 96}
    assert list(search.candidates("net", found, budget)) == ["net-1x96-rotated-seed1", "net-1x96-rotated-seed2"]
    assert search.candidates("net", found, budget)["net-1x96-rotated-seed2"] == settings | {"seed": 2}
    assert search.comparison_runs(found, budget) == {"lenet-plain": settings | {"dropout": False}}
    values["budgets"][0]["recipe"] = "roated"
    with pytest.raises(ValueError, match="recipe 'roated' is unknown; did you mean 'rotated'"):
        Search(**values)


def test_every_budget_tried_is_listed_whether_it_reached_the_target_or_not() -> None:
    trainer = Trained(net_1x96_seed1=0.97, net_1x96_seed2=0.98, net_2x80_seed1=0.96, net_2x80_seed2=0.97)
    trials = search.run_search(trainer, "net", wanted(0.98))
    assert [(trial.budget.images_seen, trial.reached) for trial in trials] == [(96, False), (160, False)]
    told = {"network": "net", "images_seen": 160, "val_accuracy": 0.96, "target": 0.98, "reached": False}
    assert told.items() <= search.search_rows(trials)[2].items()


def test_a_budget_that_lacks_a_seed_does_not_count() -> None:
    (trial,) = search.run_search(Trained(net_1x96_seed2=1.0), "net", wanted(0.9))
    assert (trial.accuracies, trial.complete, trial.reached) == ({"net-1x96-seed2": 1.0}, False, False)


def test_a_budget_that_there_was_no_time_for_does_not_hide_what_is_known(tmp_path: Path) -> None:
    trainer = Trained(net_2x80_seed1=1.0, net_2x80_seed2=1.0)
    before = search.run_search(trainer, "net", replace_budgets(wanted(0.98), BUDGETS[1:]))
    write_csv(tmp_path / "search.csv", search.search_rows(before))
    later = Trained()
    later.saved = SavedResults(tmp_path)
    assert search.run_search(later, "net", wanted(0.98)) == before
    three = wanted(0.98).model_copy(update={"seeds": [3, 1, 2]})
    (trial,) = search.run_search(later, "net", three)
    assert (trial.accuracies, trial.reached) == (before[0].accuracies, False)


def test_what_an_earlier_session_tried_counts_while_it_has_the_same_settings(tmp_path: Path) -> None:
    trainer = Trained(net_1x96_seed1=0.97, net_1x96_seed2=0.99, net_2x80_seed1=0.99, net_2x80_seed2=1.0)
    before = search.run_search(trainer, "net", wanted(0.99))
    write_csv(tmp_path / "search.csv", search.search_rows(before))
    later = Trained(net_2x80_seed1=0.5, net_2x80_seed2=0.98)
    later.saved, later.done = SavedResults(tmp_path), {"net-2x80-seed2"}
    trials = search.run_search(later, "net", wanted(0.99))
    assert later.done == {"net-2x80-seed2"}  # nothing that is saved was trained again
    assert trials[0] == before[0]
    assert trials[1].accuracies == {"net-2x80-seed1": 0.99, "net-2x80-seed2": 0.98}
    later.done = set()
    later.planned = replace(RUN, train=RUN.train.model_copy(update={"batch_size": 7}))
    assert search.run_search(later, "net", wanted(0.99)) == []
    assert search.run_search(later, "other", wanted(0.99)) == []


def test_comparison_runs_have_the_budget_that_was_found() -> None:
    assert search.comparison_runs(wanted(0.9), BUDGETS[1]) == {
        "lenet-plain": {**LENET, "epochs": 2, "training_images": 80, "dropout": False}
    }
    assert Trial("net", BUDGETS[1], 0.9, {"a": RUN}, {"a": 0.9}).reached


@pytest.mark.parametrize("name", ["notebook", "efficient", "best"])
def test_the_studies_are_plans_that_the_schema_accepts(name: str, tmp_path: Path) -> None:
    study = plan.load(name)
    runs = dict(study.params["runs"])
    for network, one in study.searches.items():
        for budget in one.budgets:
            runs |= search.candidates(network, one, budget) | search.comparison_runs(one, budget)
    Trainer(study, Workspace(tmp_path), None).set_runs(runs)
    found = params.load_params(tmp_path / "params.yaml")
    assert found.protocol == name
    assert list(found.runs) == list(runs)


def test_an_unknown_name_is_named_with_the_nearest() -> None:
    with pytest.raises(PipelineError, match="study/notebok/params.yaml: not found; did you mean 'notebook'"):
        plan.load("notebok")
    with pytest.raises(PipelineError, match="study/efficient: 'vg' is unknown; did you mean 'vgg'"):
        plan.load("efficient").select(["vg"])
    assert plan.load("efficient").select([]) == ["lenet", "vgg", "custom"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("serach: {}", "serach is unknown; did you mean 'search'"),
        ("runs:", "runs: must be a mapping of keys to values; found nothing"),
        ("runs: {a: 3}", "runs.a: must be a mapping of keys to values; found 3"),
        ("search: {lenet: {}}", "search.lenet.target is missing"),
        ("- a", "must be a mapping of keys to values; found ['a']"),
        ("{", "line 1: "),
        ("a: " + "[" * 5000, "cannot be read as YAML: "),
    ],
)
def test_a_mistake_in_a_plan_is_named(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/params.yaml").write_text(text)
    monkeypatch.setattr(plan, "STUDIES", tmp_path)
    with pytest.raises(PipelineError, match=f"^study/mine/params.yaml: {re.escape(message)}"):
        plan.load("mine")
