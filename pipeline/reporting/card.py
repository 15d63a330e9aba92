"""A run's model card: what the network is, its data, training, accuracy and limits; it travels with the model."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from models.constants import IMAGE_SIZE
from pipeline.core.paths import PROCESSED, PUBLISHED
from pipeline.formats.result_files import read_result
from pipeline.formats.stress_scores import OTHER_SOURCE, right_answers
from pipeline.formats.tables import read_csv, read_json
from pipeline.reporting.environment import commit, machine, numerics
from pipeline.reporting.number_format import count, interval, listed, markdown_text, per_cent
from pipeline.reporting.statistics import BINS, calibration_error, wilson

FLAGS = {"pooling": "pooling", "dropout": "dropout", "batch_norm": "batch normalisation"}
NAMED = ("Conv2D", "MaxPooling2D", "Dense")  # the layers that a card lists
WORST = 3  # corruptions that a card names


def model_card(folder: Path, labels: np.ndarray, probabilities: np.ndarray) -> str:
    """The card of the run in `folder`, in Markdown; texts of its files are escaped.

    Args:
        folder: The results of a trained and evaluated run. stress.csv may be missing, as in older results.
        labels: The digits of the test images that it was scored on; int (N,).
        probabilities: Its answers; float32 (N, 10).
    """
    run, environment = read_result(folder / "run.json"), read_result(folder / "environment.json")
    stress = read_result(folder / "stress.csv") if (folder / "stress.csv").is_file() else []
    mnist = _is_mnist()
    parts = [
        f"# Model card: {markdown_text(run['run'])}",
        f"Reads one handwritten digit: {IMAGE_SIZE}×{IMAGE_SIZE} grey pixels in, the probabilities of 0 to 9 out."
        if mnist
        else f"Sorts {IMAGE_SIZE}×{IMAGE_SIZE} grey pictures into ten classes, 0 to 9, and gives their probabilities.",
        *(f"**{title}.** {markdown_text(text)}" for title, text in _sections(run, environment, len(labels), mnist)),
        _accuracy(run, read_result(folder / "history.csv")[-1], labels, probabilities, stress),
        f"**Calibration.** Expected calibration error on the test images: "
        f"{per_cent(calibration_error(probabilities, labels))} ({BINS} bins).",
        "**Limits.**",
        "\n".join(f"- {markdown_text(limit)}" for limit in _limits(run, _by_corruption(stress), mnist)),
    ]
    return "\n\n".join(parts) + "\n"


def _is_mnist() -> bool:
    """Whether the prepared data are MNIST's, by the digests of the files that they were made from."""
    known = {row["file"]: row["sha256"] for row in read_csv(PUBLISHED / "files.csv")}
    return read_json(PROCESSED / "card.json")["source_digests"] == known


def _sections(
    run: Mapping[str, Any], environment: Mapping[str, Any], test_images: int, mnist: bool
) -> Iterator[tuple[str, str]]:
    """Titles and texts about the network, its data and its training."""
    settings = run["settings"]
    has = listed([word for flag, word in FLAGS.items() if run[flag]]) or "none of pooling, dropout, batch normalisation"
    layers = [f"{layer['type']} {layer['output_shape']}" for layer in run["layers"] if layer["type"] in NAMED]
    size = f"{run['parameters']:,} parameters, {run['multiply_accumulates'] / 1e6:,.2f} million multiply-accumulates"
    yield "Network", f"{run['architecture']} with {has}: {size} an image. {', '.join(layers)}."
    yield (
        "Input and output",
        (
            "Raw pixels from 0 to 255, white on black, uint8 (N, 28, 28, 1); probabilities, float32 (N, 10). The"
            " network scales the pixels itself."
        ),
    )
    same = "the test images, as in the notebook" if settings["validation_data"] == "test" else "held out"
    yield (
        "Data",
        (
            f"{'MNIST' if mnist else 'Data of your own'}: {count(settings['training_images'], 'training image')},"
            f" {count(settings['validation_images'], 'validation image')} ({same}), {count(test_images, 'test image')}."
            f" SHA-256 of the data card: {run['data_digest']}."
        ),
    )
    how = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items())
    yield (
        "Training",
        (
            f"Protocol {run['protocol']}: {how}. {environment['seconds']:,.0f} seconds on {machine(environment)};"
            f" {numerics(environment)}; commit {commit(environment['git'])}; training {environment['training_id']}."
        ),
    )


def _accuracy(
    run: Mapping[str, Any],
    last: Mapping[str, float],
    labels: np.ndarray,
    probabilities: np.ndarray,
    stress: Sequence[Mapping[str, Any]],
) -> str:
    """The table of accuracies with Wilson's intervals; `last` is the last row of history.csv."""
    images = run["settings"]["validation_images"]
    scores = {
        "validation": (round(last["val_accuracy"] * images), images),
        "test": (int((probabilities.argmax(axis=1) == labels).sum()), len(labels)),
    }
    by_corruption = _by_corruption(stress)
    other = by_corruption.pop(OTHER_SOURCE, None)
    if by_corruption:
        everything = np.concatenate(list(by_corruption.values()))
        scores["corrupted test digits"] = (int(everything.sum()), len(everything))
    if other is not None:
        scores["digits of another source"] = (int(other.sum()), len(other))
    rows = [(name, f"{n:,}", interval(wilson(right, n)), f"{n - right:,}") for name, (right, n) in scores.items()]
    head = ("accuracy", "images", "with 95 % interval (Wilson)", "errors")
    return tabulate(rows, head, tablefmt="pipe", disable_numparse=True, colalign=("left", "right", "right", "right"))


def _by_corruption(stress: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Whether each corrupted digit was read, bool (N,), of all severities, by corruption; and another source's."""
    parts: dict[str, list[np.ndarray]] = {}
    for row in stress:
        parts.setdefault(row["corruption"], []).append(right_answers(row))
    return {name: np.concatenate(each) for name, each in parts.items()}


def _limits(run: Mapping[str, Any], by_corruption: Mapping[str, np.ndarray], mnist: bool) -> Iterator[str]:
    """What the model cannot do, a sentence or two each."""
    if mnist:
        yield (
            "It reads 28×28 grey digits, one per picture, as MNIST centres them. Other pictures must be made so first,"
            " as tools.predict does."
        )
        yield "It knows nothing but digits: a letter, several digits or an empty picture is read as some digit, too."
    else:
        yield "It knows pictures like those of its training data; any other is sorted into one of the ten classes, too."
    if run["settings"]["validation_data"] == "test":
        yield "Its validation accuracy was measured on the test images after every epoch: no model may be chosen by it."
    accuracies = {name: each.mean() for name, each in by_corruption.items() if name != OTHER_SOURCE}
    worst = sorted(accuracies, key=accuracies.__getitem__)[:WORST]
    if worst:
        words = [f"{name.replace('_', ' ')} ({per_cent(accuracies[name])} right)" for name in worst]
        yield f"Worst on: {listed(words)}."
    if run["batch_norm"]:
        found = f", here {per_cent(accuracies['contrast'])} of them" if "contrast" in accuracies else ""
        yield (
            "Batch normalisation subtracts stored means, which outweigh the ink of faint digits: few are read at low"
            f" contrast{found}."
        )
