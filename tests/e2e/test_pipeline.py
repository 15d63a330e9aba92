"""The whole pipeline through `dvc repro`, on a few hundred real digits."""

import json

import numpy as np
import pytest
from ruamel.yaml import YAML

from tests.support.mirrored import client, ids, of_result, sync
from tests.support.workspace import RUNS, STAGES, Workspace

LEFT = {
    "card.md",
    "confusion_matrix.png",
    "environment.json",
    "histograms.json",
    "history.csv",
    "loss.png",
    "metrics.json",
    "mistakes.png",
    "model.keras",
    "per_class.csv",
    "predictions.csv",
    "probabilities.npy",
    "run.json",
    "stress.csv",
    "stress.json",
    "validation_stress.json",
    "weights.csv",
    "weights.png",
}


def test_repro_runs_every_stage_and_leaves_its_files(finished: Workspace) -> None:
    lock = YAML(typ="safe").load((finished.root / "dvc.lock").read_text())
    assert set(lock["stages"]) >= set(STAGES)
    for run in RUNS:
        assert set(finished.contents(run, equal=False)) == LEFT
    assert "lenet-dropout" in (finished.root / "results/report.md").read_text()
    assert not list((finished.root / ".checkpoints").glob("*/"))


def test_history_has_a_row_an_epoch(finished: Workspace) -> None:
    lines = (finished.results("lenet-dropout") / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,train_loss,train_accuracy,val_loss,val_accuracy,learning_rate"
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2"]


def test_metrics_agree_with_the_stored_predictions(finished: Workspace) -> None:
    folder = finished.results("vgg-batchnorm")
    rows = np.loadtxt(folder / "predictions.csv", delimiter=",", skiprows=1, dtype=int)
    probabilities = np.load(folder / "probabilities.npy", allow_pickle=False)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert rows.shape == (100, 3)
    assert (rows[:, 0] == np.arange(100)).all()  # all test images there are
    assert (probabilities.argmax(axis=1) == rows[:, 2]).all()
    assert metrics["test_errors"] == (rows[:, 1] != rows[:, 2]).sum()
    assert metrics["test_accuracy"] == pytest.approx((rows[:, 1] == rows[:, 2]).mean(), abs=1e-12)
    own = -np.log(probabilities[np.arange(100), rows[:, 1]].astype(float)).mean()
    assert metrics["test_loss"] == pytest.approx(own, rel=1e-9)


def test_histograms_count_every_weight_of_every_epoch(finished: Workspace) -> None:
    folder = finished.results("lenet-dropout")
    layers = {layer["layer"]: layer for layer in json.loads((folder / "run.json").read_text())["layers"]}
    histograms = json.loads((folder / "histograms.json").read_text())
    assert list(histograms) == ["conv1", "conv2", "dense1", "dense2", "output"]
    for name, histogram in histograms.items():
        biases = {"conv1": 256, "conv2": 128, "dense1": 128, "dense2": 64, "output": 10}[name]
        counted = zip(map(sum, histogram["counts"]), histogram["below"], histogram["above"], strict=True)
        assert list(map(sum, counted)) == [layers[name]["parameters"] - biases] * 3  # epochs 0 to 2


def test_a_second_repro_runs_nothing(finished: Workspace) -> None:
    printed = finished.run("dvc", "repro").stdout
    assert "Running stage" not in printed
    assert "Data and pipelines are up to date." in printed


@pytest.mark.slow
def test_edit_and_revert_restores_the_first_results_and_their_run_untrained(finished: Workspace) -> None:
    before = {run: finished.contents(run, equal=False) for run in RUNS}
    original, known = of_result(finished).info.run_id, ids(finished)
    finished.edit(lambda values: values["runs"]["lenet-dropout"].update(seed=7))
    edited = finished.run("dvc", "repro").stdout
    assert "Running stage 'train@lenet-dropout'" in edited
    assert "Running stage 'train@vgg-batchnorm'" not in edited
    assert finished.contents("lenet-dropout")["history.csv"] != before["lenet-dropout"]["history.csv"]
    added = {of_result(finished).info.run_id}
    assert ids(finished) - known == added
    finished.edit(lambda values: values["runs"]["lenet-dropout"].pop("seed"))
    reverted = finished.run("dvc", "repro").stdout
    assert "Running stage 'train@" not in reverted and "Running stage 'evaluate@" not in reverted
    assert {run: finished.contents(run, equal=False) for run in RUNS} == before
    assert of_result(finished).info.run_id == original
    assert sync(finished) == dict.fromkeys(RUNS, "linked (caught up)")  # the pictures, which `dvc repro` does not log
    assert sync(finished) == dict.fromkeys(RUNS, "linked")
    assert ids(finished) - known == added


def stale(workspace: Workspace) -> set[str]:
    """The stages that DVC would run, but for those that only follow."""
    return {
        stage for stage in json.loads(workspace.run("dvc", "status", "--json").stdout) if stage.startswith("train@")
    }


def test_an_edit_of_params_concerns_the_runs_that_it_concerns(finished: Workspace) -> None:
    """Edits of code: test_what_retrains.py."""
    finished.edit(lambda values: values["protocols"]["fast"]["lenet"].update(epochs=5))
    assert stale(finished) == {"train@lenet-dropout"}
    finished.edit(lambda values: values["protocols"]["fast"].update(lenet={}))
    finished.edit(lambda values: values["runs"]["vgg-batchnorm"].update(batch_size=16))
    assert stale(finished) == {"train@vgg-batchnorm"}
    finished.edit(lambda values: values["runs"]["vgg-batchnorm"].pop("batch_size"))
    assert stale(finished) == set()


@pytest.mark.slow
def test_a_forced_second_training_leaves_the_same_bytes_without_the_test_set(copied: Workspace) -> None:
    """And MLflow has it as a second run of the same key."""
    run = "vgg-batchnorm"
    test_set = copied.root / "data/processed/test.npz"
    hidden = test_set.rename(test_set.with_suffix(".hidden"))
    before, first = copied.contents(run), of_result(copied, run)
    try:
        copied.run("dvc", "repro", "--force", "--single-item", f"train@{run}")
        refused = copied.run("python", "-m", "pipeline.evaluate", run, check=False)
    finally:
        hidden.rename(test_set)
    assert copied.contents(run) == before
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "test.npz: not found" in refused.stderr
    second = of_result(copied, run)
    assert second.info.run_id != first.info.run_id
    assert second.data.tags["input_key"] == first.data.tags["input_key"]
    client(copied).delete_run(second.info.run_id)
    assert sync(copied)[run] == "relinked (found by key)"


@pytest.mark.slow
def test_the_notebook_protocol_validates_on_the_test_set(untrained: Workspace) -> None:
    def shorten(values: dict) -> None:
        values["protocol"] = "notebook"
        values["protocols"]["notebook"]["common"] |= {"epochs": 1, "training_images": 400, "validation_images": 100}
        values["runs"] = {"lenet-dropout": values["runs"]["lenet-dropout"]}

    untrained.edit(shorten)
    untrained.run("dvc", "repro", "evaluate@lenet-dropout")
    metrics = json.loads((untrained.results("lenet-dropout") / "metrics.json").read_text())
    assert metrics["val_accuracy"] == pytest.approx(metrics["test_accuracy"], abs=1e-6)
    assert metrics["val_loss"] == pytest.approx(metrics["test_loss"], rel=1e-4)
