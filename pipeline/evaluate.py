"""Evaluate one trained run on test images, on corrupted digits, and on digits of another source.

Only the protocol `notebook` reads test images earlier, as its validation data. Corrupted digits have no stage of their
own, since importing TensorFlow takes longer than predicting them.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.constants import NUM_CLASSES, PROBABILITY_EPSILON
from pipeline.config.params import Run, load_params
from pipeline.core import errors, messages
from pipeline.core.paths import repo_root, run_dir
from pipeline.dataset.batches import TEST_BATCH_SIZE, make_dataset
from pipeline.dataset.splits import load_split, subset_indices
from pipeline.formats.tables import read_csv, read_json, write_array, write_csv, write_json
from pipeline.resume.checkpoint_dir import checkpoint_dir, delete_checkpoints
from pipeline.runtime.model_file import load_model
from pipeline.runtime.session import start_session
from pipeline.stress import score

if TYPE_CHECKING:
    import keras

LOGGED_LATER = "EVALUATION_LOGGED_LATER"  # set in the environment by `make repro`, which logs every run itself
PREDICTION_COLUMNS = ("image", "actual", "predicted")  # image: its index in the official test set


def evaluate(run: Run, results: Path) -> None:
    """Write the run's test metrics, per-class metrics, predictions, probabilities and stress scores."""
    images, labels = load_split("test")
    if run.test_images > len(labels):
        raise messages.too_few_images(run.name, "test_images", run.test_images, len(labels))
    chosen = subset_indices(labels, run.test_images)
    images, labels = images[chosen], labels[chosen]
    model = prepared_model(run, results / "model.keras")
    probabilities = predict(model, images)
    predicted = probabilities.argmax(axis=1)
    clean = dict(zip(chosen.tolist(), (predicted == labels).tolist(), strict=True))
    stress = score.write_scores(
        results,
        answers=lambda images: predict(model, images).argmax(axis=1),
        count=run.stress_images,
        clean=clean,
        held_out=run.train.validation_data == "validation",
    )
    metrics = validation_metrics(results) | test_metrics(labels, probabilities)
    write_json(results / "metrics.json", metrics | {"stress": stress["mean_accuracy"]})
    write_csv(results / "per_class.csv", per_class_metrics(labels, predicted))
    rows = zip(chosen.tolist(), labels.tolist(), predicted.tolist(), strict=True)
    write_csv(results / "predictions.csv", [dict(zip(PREDICTION_COLUMNS, row, strict=True)) for row in rows])
    write_array(results / "probabilities.npy", probabilities)


def prepared_model(run: Run, path: Path) -> "keras.Model":
    """Load a run's model in the precision, and with the fast operations, that this machine predicts with."""
    if not path.exists():
        raise messages.missing_model(path, run.name)
    session = start_session(run.train.precision, run.train.threads, run.train.seed)
    model = load_model(path, session.precision)
    session.optimize(model)
    return model


def predict(model: "keras.Model", images: np.ndarray) -> np.ndarray:
    """Class probabilities, float32 (N, 10), of raw images, uint8 (N, 28, 28, 1)."""
    return model.predict(make_dataset(TEST_BATCH_SIZE, images), verbose=1 if sys.stdout.isatty() else 0)


def validation_metrics(results: Path) -> dict[str, float]:
    """The last epoch's validation loss and accuracy."""
    last = read_csv(results / "history.csv")[-1]
    return {name: float(last[name]) for name in ("val_loss", "val_accuracy")}


def test_metrics(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Mean cross-entropy, accuracy and number of errors; of labels, uint8 (N,), and probabilities, float32 (N, 10)."""
    of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    test_errors = int((probabilities.argmax(axis=1) != labels).sum())
    return {
        "test_loss": float(-np.log(np.clip(of_label, PROBABILITY_EPSILON, 1)).mean()),
        "test_accuracy": (len(labels) - test_errors) / len(labels),
        "test_errors": test_errors,
    }


def per_class_metrics(labels: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each digit, 0 where undefined, and its number of images.

    Args:
        labels: uint8 (N,).
        predicted: int (N,).
    """
    actual, guessed, right = (
        np.bincount(digits, minlength=NUM_CLASSES) for digits in (labels, predicted, labels[labels == predicted])
    )
    return [
        {"digit": digit, "precision": share(r, g), "recall": share(r, a), "f1": share(2 * r, a + g), "images": int(a)}
        for digit, (a, g, r) in enumerate(zip(actual, guessed, right, strict=True))
    ]


def share(part: int, whole: int) -> float:
    """`part` / `whole`, 0 for an empty whole."""
    return float(part / whole) if whole else 0.0


def main(arguments: argparse.Namespace) -> None:
    """Evaluate the named run, log the metrics to its MLflow run, and delete its checkpoints."""
    run = load_params().run(arguments.run)
    results = run_dir(run.name)
    evaluate(run, results)
    if not os.environ.get(LOGGED_LATER):
        from pipeline.tracking.run_mirror import RunMirror  # takes three seconds to import MLflow

        RunMirror(results).update("FINISHED")
    fingerprint = read_json(results / "run.json")["input_key"]
    delete_checkpoints(checkpoint_dir(repo_root(), run.name, fingerprint))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", help="a name in `runs` of params.yaml")
    errors.run_command(main, parser)
