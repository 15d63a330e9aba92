"""What MLflow holds of made-up results: one present run of each name, models ranked, data sets apart."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from mlflow.entities import Metric, Param

from pipeline.formats.tables import read_json, write_json
from pipeline.tracking import logged_model, mlflow_run, run_content, store, sync
from pipeline.tracking.metric_points import MetricPoint
from tests.support import study
from tests.support.mirrored import complete

ERRORS = {"lenet-plain": 90, "vgg-plain": 70, "custom-plain": 400}
FORMER_KEY = "weights_conv1_standard_deviation"


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[mlflow.MlflowClient, str]]:
    """A database to which three runs were synced."""
    root = tmp_path_factory.mktemp("repository")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_ROOT", str(root))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        connected = store.connect()
        for index, (name, errors) in enumerate(ERRORS.items()):
            folder = study.write_run(root, name, errors=errors, training_images=1000 + index)
            complete(folder, index)
            (folder / "model.keras").write_bytes(b"made up")
            assert sync.sync_run(*connected, run_content.read_content(folder), restore=False) == "rebuilt"
        yield connected


def folder_of(connection: tuple[mlflow.MlflowClient, str], name: str) -> Path:
    client, experiment = connection
    return Path(client.get_experiment(experiment).artifact_location.removeprefix("file://")).parent / name


def present(connection: tuple[mlflow.MlflowClient, str]) -> list[tuple[str, str]]:
    """Name and training id of the runs that the saved view shows."""
    client, experiment = connection
    runs = client.search_runs([experiment], "tags.result = 'present'")
    return sorted((run.info.run_name, run.data.tags["training_id"][-2:]) for run in runs)


def test_models_are_ranked_by_test_accuracy(connection: tuple[mlflow.MlflowClient, str]) -> None:
    client, experiment = connection
    order = [{"field_name": "metrics.test_accuracy", "ascending": False}]
    models = client.search_logged_models([experiment], order_by=order)
    assert [model.name for model in models] == ["vgg-plain", "lenet-plain", "custom-plain"]
    metrics = {metric.key: metric for metric in models[0].metrics}
    assert (metrics["test_accuracy"].value, metrics["test_accuracy"].step) == (0.993, 3)
    assert {key: metrics[key].dataset_name for key in ("train_loss", "val_loss", "test_loss")} == {
        "train_loss": "train-1001",
        "val_loss": "validation-5000",
        "test_loss": "test-10000",
    }
    assert models[0].params["architecture"] == "vgg"


def test_data_sets_say_how_many_images_a_run_used(connection: tuple[mlflow.MlflowClient, str]) -> None:
    client, experiment = connection
    for index, name in enumerate(ERRORS):
        (run,) = client.search_runs([experiment], f"attributes.run_name = '{name}'")
        used = {entry.tags[0].value: entry.dataset for entry in run.inputs.dataset_inputs}
        assert {context: data.name for context, data in used.items()} == {
            "training": f"train-{1000 + index}",
            "validation": "validation-5000",
            "test": "test-10000",
        }
        assert f'"num_rows": {1000 + index},' in used["training"].profile
        assert '"shape": [-1, 28, 28, 1]' in used["training"].schema.replace("\\", "")


def test_a_training_replaces_the_present_run_of_its_name_until_its_result_is_back(
    connection: tuple[mlflow.MlflowClient, str],
) -> None:
    begun = [("custom-plain", "02"), ("lenet-plain", "00"), ("vgg-plain", "01")]
    assert present(connection) == begun
    folder = folder_of(connection, "lenet-plain")
    environment = read_json(folder / "environment.json")
    write_json(folder / "environment.json", environment | {"training_id": f"{9:032x}"})
    record = read_json(folder / "run.json")
    write_json(folder / "run.json", record | {"input_key": f"{9:064x}"})
    assert sync.sync_run(*connection, run_content.read_content(folder), restore=False) == "rebuilt"
    assert present(connection) == [("custom-plain", "02"), ("lenet-plain", "09"), ("vgg-plain", "01")]
    write_json(folder / "environment.json", environment)
    write_json(folder / "run.json", record)
    assert sync.sync_run(*connection, run_content.read_content(folder), restore=False) == "linked"
    assert present(connection) == begun


def test_a_run_that_left_params_yaml_is_a_former_one(connection: tuple[mlflow.MlflowClient, str]) -> None:
    mlflow_run.mark_removed(*connection, ["lenet-plain", "vgg-plain"])
    assert [name for name, _ in present(connection)] == ["lenet-plain", "vgg-plain"]
    content = run_content.read_content(folder_of(connection, "custom-plain"))
    assert sync.sync_run(*connection, content, restore=False) == "linked"
    assert len(present(connection)) == 3


def log_as_formerly(connection: tuple[mlflow.MlflowClient, str], content: run_content.RunContent) -> str:
    """A run as the version before `result`, `content_sha256` and the names of today logged it; its id."""
    client, experiment = connection
    tags = {key: value for key, value in content.tags.items() if not key.startswith("mlflow.")}
    tags |= {"artifacts_sha256": "0" * 64, "mlflow.note.content": "As it was"}
    run = client.create_run(experiment, content.started, tags, content.name)
    run_id = run.info.run_id
    moments = [MetricPoint(FORMER_KEY, float(epoch), content.stamps[epoch], epoch) for epoch in (1, 2, 3)]
    known = [point for point in content.points if point.key in ("val_accuracy", "val_loss", "test_accuracy")]
    points = [Metric(point.key, point.value, point.timestamp, point.step) for point in known + moments]
    client.log_batch(run_id, points, params=[Param(key, str(value)) for key, value in content.params.items()])
    logged_model.log_model(client, client.get_run(run_id), content.model, content.requirements, "model")
    client.set_terminated(run_id)
    return run_id


def test_a_run_of_the_former_version_is_completed_and_loses_nothing(
    connection: tuple[mlflow.MlflowClient, str],
) -> None:
    client, experiment = connection
    folder = study.write_run(folder_of(connection, "former"), "vgg-dropout")
    complete(folder, 7)
    (folder / "model.keras").write_bytes(b"made up")
    content = run_content.read_content(folder)
    run_id = log_as_formerly(connection, content)
    before = client.get_metric_history(run_id, FORMER_KEY)
    assert sync.sync_run(*connection, content, restore=False) == "linked (caught up)"
    assert sync.sync_run(*connection, content, restore=False) == "linked"
    assert [each.info.run_id for each in client.search_runs([experiment], "tags.dvc_stage = 'train@vgg-dropout'")] == [
        run_id
    ]
    found = client.get_run(run_id)
    assert client.get_metric_history(run_id, FORMER_KEY) == before
    assert [point.step for point in client.get_metric_history(run_id, "val_accuracy")] == [1, 2, 3]
    assert [point.step for point in client.get_metric_history(run_id, "val_error_percent")] == [1, 2, 3]
    assert (found.data.tags["result"], found.data.tags["mlflow.runColor"]) == (
        "present",
        content.tags["mlflow.runColor"],
    )
    (model,) = client.search_logged_models([experiment], f"source_run_id = '{run_id}'")
    assert model.name == "model"
    assert {metric.key for metric in model.metrics} >= {"val_accuracy", "test_accuracy"}
