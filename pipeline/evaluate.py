"""Evaluate one trained run on the test set, which only the notebook's protocol reads before, as validation data."""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import metrics

from pipeline import artefact, batches, claim, data, errors, files, hardware, inputs, params
from pipeline.errors import PipelineError
from pipeline.figures import confusion, digits
from pipeline.params import Run
from pipeline.tracking.mirror import Mirror

BATCH = 250
MISTAKES = 30
TINY = 1e-7  # Keras clips probabilities here before it takes their logarithm


def evaluate(run: Run, results: Path) -> None:
    """Write the run's test metrics, tables, predictions and figures; then add them to its MLflow run."""
    images, labels = data.load("test")
    probabilities = predict(run, results / "model.keras", images)
    predicted = probabilities.argmax(axis=1)
    files.write_json(results / "metrics.json", validation_metrics(results) | test_metrics(labels, probabilities))
    files.write_csv(results / "per_class.csv", per_class(labels, predicted))
    pairs = zip(labels.tolist(), predicted.tolist(), strict=True)
    files.write_csv(results / "predictions.csv", [{"actual": actual, "predicted": guess} for actual, guess in pairs])
    files.write_array(results / "probabilities.npy", probabilities)
    matrix = metrics.confusion_matrix(labels, predicted, labels=range(10))
    confusion.save_confusion(results / "confusion_matrix.png", matrix, f"{run.name}: confusion matrix")
    picture_mistakes(results / "mistakes.png", run.name, images, labels, probabilities)
    Mirror(results).update("FINISHED")


def predict(run: Run, path: Path, images: np.ndarray) -> np.ndarray:
    """Class probabilities, float32 (N, 10), of raw images, uint8 (N, 28, 28, 1)."""
    if not path.exists():
        raise PipelineError(f"{path}: not found; run `dvc checkout`, or `dvc repro train@{run.name}`")
    session = hardware.start(run.protocol.precision, run.protocol.threads, run.protocol.seed)
    model = artefact.load(path, session.precision)
    session.accelerate(model)
    return model.predict(batches.of(BATCH, images), verbose=1 if sys.stdout.isatty() else 0)


def validation_metrics(results: Path) -> dict[str, float]:
    """The last epoch's validation loss and accuracy."""
    last = files.read_csv(results / "history.csv")[-1]
    return {name: float(last[name]) for name in ("val_loss", "val_accuracy")}


def test_metrics(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Mean categorical cross-entropy, accuracy and number of errors."""
    of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    errors = int((probabilities.argmax(axis=1) != labels).sum())
    return {
        "test_loss": float(-np.log(np.clip(of_label, TINY, 1)).mean()),
        "test_accuracy": 1 - errors / len(labels),
        "test_errors": errors,
    }


def per_class(labels: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each digit, 0 where undefined, and its number of images."""
    scores = metrics.precision_recall_fscore_support(labels, predicted, labels=range(10), zero_division=0)
    return [
        {"digit": digit, "precision": float(p), "recall": float(r), "f1": float(f), "images": int(n)}
        for digit, (p, r, f, n) in enumerate(zip(*scores, strict=True))
    ]


def picture_mistakes(path: Path, name: str, images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> None:
    """Draw the mistakes that the network was surest of, surest first."""
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")][:MISTAKES]
    captions = [f"{labels[i]} seen as {predicted[i]}\n{confidence[i]:.1%} sure" for i in surest]
    digits.save_digits(path, images[surest], captions, f"{name}: the most confident of {len(wrong)} mistakes")


def main(arguments: argparse.Namespace) -> None:
    """Find the run, then evaluate it."""
    run = params.load().run(arguments.run)
    results = files.ROOT / "results" / "runs" / run.name
    evaluate(run, results)
    key = files.read_json(results / "run.json")["input_key"]
    claim.forget(claim.place(inputs.main_root(), run.name, key))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", help="a name in `runs` of params.yaml")
    errors.run(main, parser)
