"""A study's plan."""

import re
from pathlib import Path

import pytest

from pipeline.config import params
from pipeline.core.errors import PipelineError
from tools.study import plan
from tools.study.trainer import Trainer
from tools.workspace import Workspace


@pytest.mark.parametrize("name", ["notebook", "efficient", "best"])
def test_the_studies_are_plans_that_the_schema_accepts(name: str, tmp_path: Path) -> None:
    study = plan.load(name)
    runs = Trainer(study, Workspace(tmp_path), None).set_runs(study.params["runs"])
    assert {run.protocol for run in runs.values()} == {name}
    assert params.load_params(tmp_path / "params.yaml").runs == runs


def test_saved_results_are_those_of_the_plans(tmp_path: Path) -> None:
    for path in plan.STUDIES.glob("*/runs/*"):
        trainer = Trainer(plan.load(path.parts[-3]), Workspace(tmp_path), None)
        assert trainer.saved.results(trainer.set_runs(trainer.plan.params["runs"])[path.name]) == path


def test_an_unknown_name_is_named_with_the_nearest() -> None:
    with pytest.raises(PipelineError, match="study/notebok/params.yaml: not found; did you mean 'notebook'"):
        plan.load("notebok")
    with pytest.raises(PipelineError, match="study/best: 'vgg' is unknown; did you mean 'vgg-seed2'"):
        plan.load("best").select(["vgg"])
    assert plan.load("best").select([]) == ["vgg-seed1", "vgg-seed2", "lenet-seed1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rnus: {}", "rnus is unknown; did you mean 'runs'"),
        ("protocol: fast", "runs is missing"),
        ("runs:", "runs: must be a mapping of keys to values; found nothing"),
        ("runs: {a: 3}", "runs.a: must be a mapping of keys to values; found 3"),
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
