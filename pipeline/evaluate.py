"""Evaluate one trained run on the test set, which only the notebook's protocol reads earlier, as validation data."""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import metrics

from models.constants import NUM_CLASSES, PROBABILITY_EPSILON
from pipeline.config.params import Run, load_params
from pipeline.core import errors, messages
from pipeline.core.paths import repo_root, run_dir
from pipeline.dataset.batches import TEST_BATCH_SIZE, make_dataset
from pipeline.dataset.splits import load_split
from pipeline.formats.tables import read_csv, read_json, write_array, write_csv, write_json
from pipeline.resume.checkpoint_dir import checkpoint_dir, delete_checkpoints
from pipeline.runtime.model_file import load_model
from pipeline.runtime.session import start_session
from pipeline.tracking.run_mirror import RunMirror


def evaluate(run: Run, results: Path) -> None:
    """Write the run's test metrics, per-class metrics, predictions and probabilities; add them to its MLflow run."""
    images, labels = load_split("test")
    probabilities = predict(run, results / "model.keras", images)
    predicted = probabilities.argmax(axis=1)
    write_json(results / "metrics.json", validation_metrics(results) | test_metrics(labels, probabilities))
    write_csv(results / "per_class.csv", per_class_metrics(labels, predicted))
    pairs = zip(labels.tolist(), predicted.tolist(), strict=True)
    write_csv(results / "predictions.csv", [{"actual": actual, "predicted": guess} for actual, guess in pairs])
    write_array(results / "probabilities.npy", probabilities)
    RunMirror(results).update("FINISHED")


def predict(run: Run, path: Path, images: np.ndarray) -> np.ndarray:
    """Class probabilities, float32 (N, 10), of raw images, uint8 (N, 28, 28, 1)."""
    if not path.exists():
        raise messages.missing_model(path, run.name)
    session = start_session(run.train.precision, run.train.threads, run.train.seed)
    model = load_model(path, session.precision)
    session.optimize(model)
    return model.predict(make_dataset(TEST_BATCH_SIZE, images), verbose=1 if sys.stdout.isatty() else 0)


def validation_metrics(results: Path) -> dict[str, float]:
    """The last epoch's validation loss and accuracy."""
    last = read_csv(results / "history.csv")[-1]
    return {name: float(last[name]) for name in ("val_loss", "val_accuracy")}


def test_metrics(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Mean categorical cross-entropy, accuracy and number of errors."""
    of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    test_errors = int((probabilities.argmax(axis=1) != labels).sum())
    return {
        "test_loss": float(-np.log(np.clip(of_label, PROBABILITY_EPSILON, 1)).mean()),
        "test_accuracy": 1 - test_errors / len(labels),
        "test_errors": test_errors,
    }


def per_class_metrics(labels: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each digit, 0 where undefined, and its number of images."""
    scores = metrics.precision_recall_fscore_support(labels, predicted, labels=range(NUM_CLASSES), zero_division=0)
    return [
        {"digit": digit, "precision": float(p), "recall": float(r), "f1": float(f), "images": int(n)}
        for digit, (p, r, f, n) in enumerate(zip(*scores, strict=True))
    ]


def main(arguments: argparse.Namespace) -> None:
    """Evaluate the named run; its checkpoints are no longer needed then."""
    run = load_params().run(arguments.run)
    results = run_dir(run.name)
    evaluate(run, results)
    fingerprint = read_json(results / "run.json")["input_key"]
    delete_checkpoints(checkpoint_dir(repo_root(), run.name, fingerprint))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", help="a name in `runs` of params.yaml")
    errors.run_command(main, parser)
