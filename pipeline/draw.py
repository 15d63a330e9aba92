"""Draw the figures of one trained and evaluated run: loss, weights, confusion matrix, mistakes; write its card."""

import argparse
from pathlib import Path

import numpy as np

from models.constants import NUM_CLASSES
from pipeline.config.params import load_params
from pipeline.core import errors
from pipeline.core.files import write_text
from pipeline.core.paths import run_dir
from pipeline.dataset.splits import load_split
from pipeline.figures import confusion, digit_grid, learning_curves, style, weight_violins
from pipeline.formats.kernels import read_kernels
from pipeline.formats.result_files import read_probabilities, read_result
from pipeline.reporting.card import model_card

MAX_MISTAKES = 30


def draw(run: str, folder: Path, images: np.ndarray) -> None:
    """Draw the run's figures, and write its card, from the files in `folder`.

    `images` are the test images, uint8 (N, 28, 28, 1).
    """
    style.save(learning_curves.draw_loss(read_result(folder / "history.csv"), run), folder / "loss.png")
    record = read_result(folder / "run.json")
    kernels = read_kernels(folder / "model.keras")
    ordered = {layer["layer"]: kernels[layer["layer"]] for layer in record["layers"] if layer["layer"] in kernels}
    style.save(weight_violins.draw_violins(ordered, run, record["settings"]["seed"]), folder / "weights.png")
    rows = read_result(folder / "predictions.csv")
    images = images[[row["image"] for row in rows]]
    labels = np.array([row["actual"] for row in rows])
    probabilities = read_probabilities(folder / "probabilities.npy", len(rows))
    matrix = np.zeros((NUM_CLASSES, NUM_CLASSES), dtype=int)
    np.add.at(matrix, (labels, probabilities.argmax(axis=1)), 1)
    style.save(confusion.draw_confusion(matrix, f"{run}: confusion matrix"), folder / "confusion_matrix.png")
    draw_mistakes(folder / "mistakes.png", run, images, labels, probabilities)
    write_text(folder / "card.md", model_card(folder, labels, probabilities))


def draw_mistakes(path: Path, run: str, images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> None:
    """Draw the most confident mistakes, the most confident first."""
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:MAX_MISTAKES]
    captions = [f"{labels[i]} seen as {predicted[i]}\n{confidence[i]:.1%} sure" for i in shown]
    title = f"{run}: the most confident of {len(wrong)} mistakes"
    style.save(digit_grid.draw_digits(images[shown], captions, title), path)


def main(arguments: argparse.Namespace) -> None:
    """Draw the named run."""
    run = load_params().run(arguments.run).name
    draw(run, run_dir(run), load_split("test")[0])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", help="a name in `runs` of params.yaml")
    errors.run_command(main, parser)
