"""What is read from a run's files for MLflow, without MLflow."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.formats.histograms import Histogram
from pipeline.formats.tables import read_csv, read_json, write_json
from pipeline.tracking import run_content, weight_images
from pipeline.tracking.metric_points import logging_order
from pipeline.tracking.run_content import RunContent
from tests.support import study
from tests.support.mirrored import PLAIN, complete

BEGIN = 1_700_000_000_000  # milliseconds, of tests/support/study.py's trainings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = study.write_run(tmp_path, "lenet-dropout", validation=(0.95, 0.99, 0.98), errors=120)
    complete(made, 0)
    return made


def points(read: RunContent, key: str) -> list[tuple[int, float, int]]:
    """Step, value and time since the start of the training."""
    return [(point.step, point.value, point.timestamp - BEGIN) for point in read.points if point.key == key]


def test_points_of_best_and_last_accuracy(folder: Path) -> None:
    read = run_content.read_content(folder)
    assert points(read, "val_accuracy") == [(1, 0.95, 10_000), (2, 0.99, 20_000), (3, 0.98, 30_000)]
    assert points(read, "best_val_accuracy") == [(1, 0.95, 10_000), (2, 0.99, 20_000), (3, 0.99, 30_000)]
    assert points(read, "best_val_accuracy_epoch") == [(1, 1, 10_000), (2, 2, 20_000), (3, 2, 30_000)]
    assert points(read, "test_errors") == [(3, 120, 30_000)]
    assert (read.started - BEGIN, read.finished - BEGIN) == (0, 30_000)


def test_points_of_every_kernel_are_the_few_moments_that_a_person_compares(folder: Path) -> None:
    read = run_content.read_content(folder)
    assert read.layers == ["conv1", "dense1", "output"]
    rows = read_csv(folder / "weights.csv")
    for layer in read.layers:
        for column, key in (("standard_deviation", "std"), ("change", "change")):
            values = [float(row[column]) for row in rows if row["layer"] == layer]
            assert points(read, f"weights_{layer}_{key}") == [(n, values[n], 10_000 * n) for n in range(4)]
    assert len({point.key for point in read.points if point.key.startswith("weights")}) == 2 * len(read.layers)


def test_error_rates_are_quotients_of_whole_numbers(folder: Path) -> None:
    read = run_content.read_content(folder)
    assert [value for _, value, _ in points(read, "val_error_percent")] == [5.0, 1.0, 2.0]
    assert points(read, "test_error_percent") == [(3, 1.2, 30_000)]


def test_the_first_metric_is_the_validation_accuracy_and_the_last_of_an_epoch_its_loss(folder: Path) -> None:
    keys = [point.key for point in sorted(run_content.read_content(folder).points, key=logging_order)]
    assert keys[0] == "val_accuracy"
    epoch = [
        point.key for point in sorted(run_content.read_content(folder).points, key=logging_order) if point.step == 2
    ]
    assert (epoch[0], epoch[-1]) == ("val_accuracy", "val_loss")


def test_the_model_has_the_metrics_of_its_last_epoch_and_the_data_they_were_measured_on(folder: Path) -> None:
    read = run_content.read_content(folder)
    assert {(point.step, point.key.partition("_")[0]) for point in read.last_points()} == {
        (3, name) for name in ("train", "val", "test")
    }
    used = {prefix: (data.context, data.name) for prefix, data in read.data.items()}
    assert used == {
        "train_": ("training", "train-12000"),
        "val_": ("validation", "validation-5000"),
        "test_": ("test", "test-10000"),
    }
    (folder / "metrics.json").unlink()
    assert list(run_content.read_content(folder).data) == ["train_", "val_"]


def test_data_sets_of_other_counts_have_other_digests(folder: Path) -> None:
    used = run_content.read_content(folder).data
    other = [replace(each, images=each.images + 1) for each in used.values()]
    changed = [replace(each, data_digest="d" * 64) for each in used.values()]
    assert len({each.digest for each in (*used.values(), *other, *changed)}) == 9


def test_tags_say_who_trained_from_what_in_which_colour(folder: Path) -> None:
    tags = run_content.read_content(folder).tags
    expected = {
        "mlflow.runColor": "#4459d1",
        "mlflow.user": "elsewhere",  # the host
        "mlflow.source.name": "pipeline/train.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": "b" * 40,
    }
    assert {name: tags[name] for name in expected} == expected


def test_system_metrics_are_logged_when_the_training_is_complete(folder: Path) -> None:
    key = "system/cpu_utilization_percentage"
    assert points(run_content.read_content(folder), key) == [(n, 50.0 + n, 1000 * n) for n in range(5)]
    environment = read_json(folder / "environment.json")
    write_json(folder / "environment.json", environment | {"complete": False})
    assert points(run_content.read_content(folder), key) == []


def test_params_are_flat_and_at_most_30(folder: Path) -> None:
    read = run_content.read_content(folder)
    assert len(read.params) <= 30
    assert all(isinstance(value, str | int | float) for value in read.params.values())
    assert (read.params["architecture"], read.params["epochs"], read.params["dropout"]) == ("lenet", 3, True)


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        ((True, False, False), "plain"),
        ((True, True, False), "dropout"),
        ((True, True, True), "batchnorm"),
        ((True, False, True), "batchnorm-only"),
        ((False, False, False), "nopool-plain"),
    ],
)
def test_variant_name(flags: tuple[bool, bool, bool], word: str) -> None:
    assert run_content.variant_name(dict(zip(("pooling", "dropout", "batch_norm"), flags, strict=True))) == word


def test_description(folder: Path) -> None:
    assert run_content.read_content(folder).description.split("\n\n") == [
        "**lenet**, dropout: 716,234 parameters, 37.66 million multiply-accumulates an image.",
        "Protocol `fast`: optimizer adam, learning rate 0.002, schedule constant, batch size 64, epochs 3,"
        " training images 12000, dropout scale 0.3, seed 2018.",
        "Test accuracy 0.9880 (120 errors), validation accuracy 0.9800.",
        "| layer   | type   | output        | parameters   |\n"
        "|:--------|:-------|:--------------|:-------------|\n"
        "| conv1   | Conv2D | 26 × 26 × 256 | 2,560        |",
    ]


def test_no_test_metrics_before_the_evaluation(folder: Path) -> None:
    (folder / "metrics.json").unlink()
    read = run_content.read_content(folder)
    assert "Test" not in read.description
    assert not [point for point in read.points if point.key.startswith("test_")]


def test_artifacts_of_an_evaluated_run(folder: Path) -> None:
    files = run_content.read_content(folder).files
    assert {path.name for path in files["results"]} >= {"metrics.json", "predictions.csv", "environment.json"}
    assert {path.name for path in files["figures"]} >= {"loss.png", "weights.png", "confusion_matrix.png"}
    assert run_content.read_content(folder, figures=False).files == {"results": files["results"], "figures": []}


@pytest.mark.parametrize("name", ["environment.json", "history.csv", "loss.png"])
def test_the_digest_depends_on_every_byte_and_name_of_the_artifacts(folder: Path, name: str) -> None:
    content = run_content.read_content(folder)
    before = content.digest()
    assert run_content.read_content(folder).digest() == before
    former = (folder / name).read_bytes()
    (folder / name).write_bytes(former + b"\n")
    assert content.digest() != before
    (folder / name).write_bytes(former)
    assert content.digest() == before
    (folder / "loss.png").rename(folder / "zoss.png")
    assert run_content.read_content(folder).digest() != before


def test_the_evaluation_of_an_earlier_training_is_not_shown(folder: Path) -> None:
    for name, value in (("val_accuracy", 0.97), ("val_loss", 0.5)):
        metrics = read_json(folder / "metrics.json")
        write_json(folder / "metrics.json", metrics | {name: value})
        read = run_content.read_content(folder)
        assert "Test" not in read.description
        assert not points(read, "test_errors")
        names = {path.name for paths in read.files.values() for path in paths}
        assert names.isdisjoint({"metrics.json", "predictions.csv", "confusion_matrix.png", "loss.png"})
        assert {"history.csv", "run.json"} <= names
        write_json(folder / "metrics.json", metrics)


def image(epoch: int, *counts: list[int], outside: int = 0) -> np.ndarray:
    tails = np.full(len(counts), outside)
    entry = Histogram(-1.5, 1.5, 0.375, list(range(len(counts))), np.array(counts), tails, 0 * tails)
    return np.asarray(
        weight_images.HistogramImage().draw({"run": "a", "architecture": "lenet", **PLAIN}, "conv1", entry, epoch)
    )


def test_images_of_two_epochs_have_the_same_axes() -> None:
    narrow, wide = [0] * 16 + [20] * 32 + [0] * 16, [10] * 64  # the same weights of a kernel, twice
    first, second = image(0, narrow, wide), image(1, narrow, wide)
    assert first.shape == (360, 360, 3)
    assert (first[80:280, 80:] != second[80:280, 80:]).any()
    assert (first[310:] == second[310:]).all()  # the ticks and label of the weights' axis
    assert (first[80:, :60] == second[80:, :60]).all()  # and of the shares'


def test_an_image_does_not_depend_on_later_epochs() -> None:
    low, high = [10] * 64, [0] * 30 + [160] * 4 + [0] * 30
    assert (image(0, low) == image(0, low, high)).all()


def test_an_image_says_how_many_weights_are_outside() -> None:
    inside, outside = image(0, [10] * 64), image(0, [10] * 64, outside=10)
    assert (inside[310:] != outside[310:]).any()


def test_a_clock_that_jumps_back_gives_no_negative_duration(folder: Path) -> None:
    environment = read_json(folder / "environment.json")
    times = [{**time, "finished": environment["started"] - 326 + time["epoch"]} for time in environment["epochs"]]
    write_json(folder / "environment.json", environment | {"epochs": times})
    read = run_content.read_content(folder)
    assert read.finished == read.started
