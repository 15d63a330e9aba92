"""What MLflow holds after the pipeline has run and `make sync`, as `make repro` does."""

import csv
import json

import mlflow
import numpy as np
import pytest
from mlflow.entities import Run

from tests.support.mirrored import sync
from tests.support.workspace import RUNS, Workspace


@pytest.fixture(scope="module")
def client(finished: Workspace) -> mlflow.MlflowClient:
    sync(finished)  # adds the figures
    uri = f"sqlite:///{finished.root}/mlflow.db"
    mlflow.set_tracking_uri(uri)
    return mlflow.MlflowClient(uri)


@pytest.fixture(scope="module")
def runs(client: mlflow.MlflowClient, finished: Workspace) -> dict[str, Run]:
    """The run of each present result."""
    experiment = client.get_experiment_by_name("mnist")
    ids = {run: json.loads((finished.results(run) / "environment.json").read_text())["training_id"] for run in RUNS}
    found = {name: client.search_runs([experiment.experiment_id], f"tags.training_id = '{ids[name]}'") for name in RUNS}
    assert {name: len(matches) for name, matches in found.items()} == dict.fromkeys(RUNS, 1)
    return {name: matches[0] for name, matches in found.items()}


def test_each_training_is_one_finished_run_named_after_it(runs: dict[str, Run]) -> None:
    assert {name: run.info.run_name for name, run in runs.items()} == {name: name for name in RUNS}
    assert {run.info.status for run in runs.values()} == {"FINISHED"}


def test_its_params_and_tags_are_those_of_the_files(runs: dict[str, Run], finished: Workspace) -> None:
    run = runs["vgg-batchnorm"].data
    expected = {"architecture": "vgg", "pooling": "True", "batch_norm": "True", "epochs": "2", "precision": "float32"}
    assert {name: run.params[name] for name in expected} == expected
    record = json.loads((finished.results("vgg-batchnorm") / "run.json").read_text())
    commit = finished.run("git", "rev-parse", "HEAD").stdout.strip()
    expected = {
        "variant": "batchnorm",
        "protocol": "fast",
        "seed": "2018",
        "dvc_stage": "train@vgg-batchnorm",
        "input_key": record["input_key"],
        "data_digest": record["data_digest"],
        "git_commit": commit,
        "git_clean": "True",
    }
    assert {name: run.tags[name] for name in expected} == expected


def test_its_curves_are_the_history(runs: dict[str, Run], client: mlflow.MlflowClient, finished: Workspace) -> None:
    with (finished.results("lenet-dropout") / "history.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate"):
        logged = client.get_metric_history(runs["lenet-dropout"].info.run_id, name)
        points = [(point.step, point.value) for point in logged]
        assert points == [(int(row["epoch"]), float(row[name])) for row in rows]


def test_its_test_metrics_are_those_of_the_file(runs: dict[str, Run], finished: Workspace) -> None:
    for name, run in runs.items():
        metrics = json.loads((finished.results(name) / "metrics.json").read_text())
        for key in ("test_loss", "test_accuracy", "test_errors"):
            assert run.data.metrics[key] == metrics[key]
        stress = json.loads((finished.results(name) / "stress.json").read_text())
        assert stress["mean_accuracy"] == metrics["stress"]
        for key, value in stress.items():
            assert run.data.metrics[f"stress/{key}"] == value


def test_its_figures_and_tables_are_artifacts(runs: dict[str, Run], client: mlflow.MlflowClient) -> None:
    run_id = runs["lenet-dropout"].info.run_id
    names = {item.path for folder in ("figures", "results") for item in client.list_artifacts(run_id, folder)}
    assert names >= {
        "figures/loss.png",
        "figures/weights.png",
        "figures/confusion_matrix.png",
        "figures/mistakes.png",
        "results/history.csv",
        "results/histograms.json",
        "results/per_class.csv",
    }


def test_its_model_predicts_as_the_file_does(runs: dict[str, Run], finished: Workspace) -> None:
    import keras

    (output,) = runs["lenet-dropout"].outputs.model_outputs
    uri = f"models:/{output.model_id}"
    with np.load(finished.root / "data/processed/test.npz", allow_pickle=False) as arrays:
        images = arrays["images"][:20]
    expected = keras.saving.load_model(finished.results("lenet-dropout") / "model.keras").predict(images, verbose=0)
    assert expected.shape == (20, 10)
    np.testing.assert_array_equal(mlflow.keras.load_model(uri).predict(images, verbose=0), expected)
    model = mlflow.pyfunc.load_model(uri)
    np.testing.assert_array_equal(model.predict(images), expected)
    (pixels,) = model.metadata.signature.inputs
    assert (pixels.shape, pixels.type) == ((-1, 28, 28, 1), np.dtype("uint8"))
    assert model.input_example.shape == (1, 28, 28, 1)


def test_its_model_is_in_its_experiment(runs: dict[str, Run], client: mlflow.MlflowClient) -> None:
    experiment = runs["lenet-dropout"].info.experiment_id
    found = {model.model_id: model.source_run_id for model in client.search_logged_models([experiment])}
    for run in runs.values():
        assert [found.get(output.model_id) for output in run.outputs.model_outputs] == [run.info.run_id]


def test_a_second_repro_adds_no_run(runs: dict[str, Run], client: mlflow.MlflowClient, finished: Workspace) -> None:
    experiment = client.get_experiment_by_name("mnist").experiment_id
    before = [run.info.run_id for run in client.search_runs([experiment])]
    finished.run("dvc", "repro")
    assert [run.info.run_id for run in client.search_runs([experiment])] == before
