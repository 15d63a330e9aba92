"""The scores of a network on corrupted digits, a row for each corruption and severity, and on another source's."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core import messages
from pipeline.core.errors import reason
from pipeline.core.paths import STRESS
from pipeline.formats.tables import write_csv, write_json

OTHER_SOURCE = "other_source"
FILES = ("stress.csv", "stress.json", "validation_stress.json")  # of a run

Answers = Callable[[np.ndarray], np.ndarray]  # images, uint8 (N, 28, 28, 1), to digits, int (N,)
Row = dict[str, Any]


def write_scores(
    results: Path, *, answers: Answers, count: int, clean: Mapping[int, bool], held_out: bool
) -> dict[str, float | int]:
    """Write a run's stress.csv and stress.json, about test digits, and validation_stress.json, about validation digits.

    Args:
        results: The folder of the run's results.
        answers: Its model.
        count: Images of each corruption and severity.
        clean: For each test image that the model was scored on uncorrupted, whether it read it.
        held_out: Whether the run was not trained on the validation images; else nothing is said about them.

    Returns:
        The content of stress.json.
    """
    test, other = load_arrays("test"), load_arrays(OTHER_SOURCE)
    rows = score_rows(answers, test, count)
    total = len(other["labels"]) * count // test["labels"].shape[-1]
    images, labels = other["images"][:total], other["labels"][:total]
    rows.append(score_row(OTHER_SOURCE, 1, labels, answers(images)))
    found = accuracies(rows) | {OTHER_SOURCE: rows[-1]["accuracy"], f"{OTHER_SOURCE}_images": total}
    originals = [clean[image] for image in test["index"][..., :count].ravel().tolist() if image in clean]
    if originals:
        accuracy = float(np.mean(originals))
        found |= {"clean_accuracy": accuracy, "drop": accuracy - found["mean_accuracy"]}
    validation = accuracies(score_rows(answers, load_arrays("validation"), count)) if held_out else {}
    write_csv(results / "stress.csv", rows)
    write_json(results / "stress.json", found)
    write_json(results / "validation_stress.json", validation)
    return found


def score_rows(answers: Answers, arrays: Mapping[str, np.ndarray], count: int) -> list[Row]:
    """A row for each corruption and severity, of its first `count` images."""
    images, labels = arrays["images"][:, :, :count], arrays["labels"][:, :, :count]
    predicted = answers(images.reshape(-1, *images.shape[3:])).reshape(labels.shape)
    return [
        score_row(name, severity + 1, labels[place, severity], predicted[place, severity])
        for place, name in enumerate(arrays["names"].tolist())
        for severity in range(labels.shape[1])
    ]


def score_row(name: str, severity: int, labels: np.ndarray, predicted: np.ndarray) -> Row:
    """A row of stress.csv; `labels` and `predicted`, int (N,), become a text with a character for each image."""
    actual, answers = ("".join(map(str, digits.tolist())) for digits in (labels, predicted))
    return {
        "corruption": name,
        "severity": severity,
        "images": len(labels),
        "accuracy": float((labels == predicted).mean()),
        "actual": actual,
        "predicted": answers,
    }


def accuracies(rows: Sequence[Row]) -> dict[str, float | int]:
    """The mean accuracy of all corruptions and their number of images, then the accuracy of each; not another source's.

    Every corruption and severity has the same number of images.
    """
    each: dict[str, list[float]] = {}
    for row in rows:
        if row["corruption"] != OTHER_SOURCE:
            each.setdefault(row["corruption"], []).append(row["accuracy"])
    means = {name: float(np.mean(values)) for name, values in each.items()}
    images = sum(row["images"] for row in rows if row["corruption"] != OTHER_SOURCE)
    return {"mean_accuracy": float(np.mean(list(means.values()))), "images": images} | means


def load_arrays(name: str) -> dict[str, np.ndarray]:
    """The arrays of a file in `data/stress`, which `pipeline.corrupt` describes; PipelineError without a sound one."""
    path = STRESS / f"{name}.npz"
    if not path.is_file():
        raise messages.missing_data(path, "corrupt")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:  # of any type, for a damaged archive
        raise messages.damaged_data(path, reason(error), "corrupt") from None
