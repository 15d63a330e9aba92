"""What MLflow is told of a run's files, without MLflow."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.formats.tables import read_json, write_json
from pipeline.tracking import run_content, weight_images
from pipeline.tracking.run_content import RunContent
from tests.support import study
from tests.support.mirrored import complete

BEGIN = 1_700_000_000_000  # milliseconds, of tests/study.py's trainings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = study.write_run(tmp_path, "lenet-dropout", validation=(0.95, 0.99, 0.98), errors=120)
    complete(made, 0)
    return made


def points(read: RunContent, key: str) -> list[tuple[int, float, int]]:
    """Step, value and time since the training's beginning."""
    return [(point.step, point.value, point.timestamp - BEGIN) for point in read.points if point.key == key]


def test_the_best_accuracy_and_its_epoch_stand_beside_the_last(folder: Path) -> None:
    read = run_content.read_content(folder)
    assert points(read, "val_accuracy") == [(1, 0.95, 10_000), (2, 0.99, 20_000), (3, 0.98, 30_000)]
    assert points(read, "best_val_accuracy") == [(1, 0.95, 10_000), (2, 0.99, 20_000), (3, 0.99, 30_000)]
    assert points(read, "best_val_accuracy_epoch") == [(1, 1, 10_000), (2, 2, 20_000), (3, 2, 30_000)]
    assert points(read, "test_errors") == [(3, 120, 30_000)]
    assert (read.started - BEGIN, read.finished - BEGIN) == (0, 30_000)


def test_every_kernel_has_its_moments(folder: Path) -> None:
    read = run_content.read_content(folder)
    assert read.layers == ["conv1", "dense1", "output"]
    for layer in read.layers:
        assert points(read, f"weights_{layer}_standard_deviation") == [(n, 0.1, 10_000 * n) for n in (1, 2, 3)]


def test_the_machines_load_is_told_when_the_training_is_complete(folder: Path) -> None:
    key = "system/cpu_utilization_percentage"
    assert points(run_content.read_content(folder), key) == [(n, 50.0 + n, 1000 * n) for n in range(5)]
    environment = read_json(folder / "environment.json")
    write_json(folder / "environment.json", environment | {"complete": False})
    assert points(run_content.read_content(folder), key) == []


def test_params_are_flat_and_few(folder: Path) -> None:
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
def test_the_variant_is_a_word(flags: tuple[bool, bool, bool], word: str) -> None:
    assert run_content.variant_name(dict(zip(("pooling", "dropout", "batch_norm"), flags, strict=True))) == word


def test_the_description_is_a_card(folder: Path) -> None:
    assert run_content.read_content(folder).description.split("\n\n") == [
        "**lenet**, dropout: 716,234 parameters, 37.66 million multiply-accumulates an image.",
        "Protocol `fast`: optimizer adam, learning rate 0.002, schedule constant, batch size 64, epochs 3,"
        " training images 12000, dropout scale 0.3, seed 2018.",
        "Test accuracy 0.9880 (120 errors), validation accuracy 0.9800.",
        "| layer   | type   | output        | parameters   |\n"
        "|:--------|:-------|:--------------|:-------------|\n"
        "| conv1   | Conv2D | 26 × 26 × 256 | 2,560        |",
    ]


def test_before_the_evaluation_nothing_is_said_of_the_test(folder: Path) -> None:
    (folder / "metrics.json").unlink()
    read = run_content.read_content(folder)
    assert "Test" not in read.description
    assert not [point for point in read.points if point.key.startswith("test_")]


def test_what_an_earlier_training_was_evaluated_to_is_not_said_of_this_one(folder: Path) -> None:
    assert {path.name for path in run_content.read_content(folder).files["results"]} >= {
        "metrics.json",
        "predictions.csv",
    }
    for name, value in (("val_accuracy", 0.97), ("val_loss", 0.5)):
        metrics = read_json(folder / "metrics.json")
        write_json(folder / "metrics.json", metrics | {name: value})
        read = run_content.read_content(folder)
        assert "Test" not in read.description
        assert not points(read, "test_errors")
        names = {path.name for paths in read.files.values() for path in paths}
        assert names.isdisjoint({"metrics.json", "predictions.csv", "confusion_matrix.png", "mistakes.png"})
        assert {"history.csv", "loss.png"} <= names
        write_json(folder / "metrics.json", metrics)


def picture(epoch: int, *counts: list[int]) -> np.ndarray:
    entry = {"low": -1.5, "high": 1.5, "counts": counts}
    return np.asarray(weight_images.HistogramImage().of({"run": "a", "architecture": "lenet"}, "conv1", entry, epoch))


def test_a_picture_shows_its_epoch_on_the_axes_of_all() -> None:
    narrow, wide = [0] * 32 + [20] * 64 + [0] * 32, [10] * 128  # the same weights of a kernel, twice
    first, second = picture(1, narrow, wide), picture(2, narrow, wide)
    assert first.shape == (360, 360, 3)
    assert (first[80:280, 80:] != second[80:280, 80:]).any()
    assert (first[310:] == second[310:]).all()  # the ticks and label of the weights' axis
    assert (first[80:, :60] == second[80:, :60]).all()  # and of the shares'


def test_a_picture_is_the_same_whatever_comes_later() -> None:
    low, high = [10] * 128, [0] * 60 + [160] * 8 + [0] * 60
    assert (picture(1, low) == picture(1, low, high)).all()
