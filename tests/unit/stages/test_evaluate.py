"""Metrics of the evaluation, computed by hand."""

import math

import numpy as np
import pytest

from pipeline import evaluate
from pipeline.formats.tables import write_csv


def certain(*digits):
    """Probability 1 for each of `digits`."""
    return np.eye(10, dtype=np.float32)[list(digits)]


def test_test_metrics():
    probabilities = np.full((4, 10), 0.0, np.float32)
    probabilities[0, [3, 5]] = 0.75, 0.25  # 3: right
    probabilities[1, [3, 5]] = 0.75, 0.25  # 5: wrong
    probabilities[2, 8] = 1.0  # 8: right and sure
    probabilities[3, [0, 1]] = 0.4, 0.6  # 1: right
    found = evaluate.test_metrics(np.array([3, 5, 8, 1], np.uint8), probabilities)
    assert found["test_errors"] == 1
    assert found["test_accuracy"] == 0.75
    assert found["test_loss"] == pytest.approx(-(math.log(0.75) + math.log(0.25) + 0 + math.log(0.6)) / 4, abs=1e-7)
    assert found["test_loss"] == pytest.approx(0.546200, abs=1e-6)


def test_probabilities_of_0_are_clipped_as_in_keras():
    found = evaluate.test_metrics(np.array([4, 4], np.uint8), certain(4, 9))
    assert found.pop("test_loss") == pytest.approx(16.118096 / 2)
    assert found == {"test_accuracy": 0.5, "test_errors": 1}


def test_the_loss_equals_keras_loss():
    from pipeline.runtime import session

    session.import_tensorflow()
    import keras

    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet(np.full(10, 0.1), 200).astype(np.float32)
    labels = rng.integers(0, 10, 200).astype(np.uint8)
    expected = float(np.mean(keras.losses.sparse_categorical_crossentropy(labels, probabilities)))
    assert evaluate.test_metrics(labels, probabilities)["test_loss"] == pytest.approx(expected, rel=1e-5)


def test_per_class_metrics():
    labels = np.array([0, 0, 0, 0, 1, 1, 2], np.uint8)
    predicted = np.array([0, 0, 1, 3, 1, 0, 2])
    rows = evaluate.per_class_metrics(labels, predicted)
    assert [row["digit"] for row in rows] == list(range(10))
    assert rows[0] == pytest.approx({"digit": 0, "precision": 2 / 3, "recall": 0.5, "f1": 4 / 7, "images": 4})
    assert rows[1] == {"digit": 1, "precision": 0.5, "recall": 0.5, "f1": 0.5, "images": 2}
    assert rows[2] == {"digit": 2, "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 1}
    never_a_label = {"digit": 3, "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 0}
    assert rows[3] == never_a_label
    assert rows[4:] == [{**never_a_label, "digit": digit} for digit in range(4, 10)]  # neither label nor prediction
    assert all(type(value) in (int, float) for row in rows for value in row.values())


def test_validation_metrics_are_of_the_last_epoch(tmp_path):
    rows = [{"epoch": epoch, "val_loss": 0.25 * epoch, "val_accuracy": 1 - 0.1 * epoch} for epoch in (1, 2)]
    write_csv(tmp_path / "history.csv", rows)
    assert evaluate.validation_metrics(tmp_path) == {"val_loss": 0.5, "val_accuracy": 0.8}
