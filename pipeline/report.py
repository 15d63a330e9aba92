"""Compare the runs that `params.yaml` names: writes `results/report.html`, the short `report.md`, and figures."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.config.params import load_params
from pipeline.core import errors
from pipeline.core.files import write_text
from pipeline.core.paths import PROCESSED, RESULTS
from pipeline.dataset.splits import load_split
from pipeline.figures import digit_grid, style
from pipeline.formats.tables import write_csv
from pipeline.reporting import html, markdown, pictures, results
from pipeline.reporting.analysis import Analysis, analyze
from pipeline.reporting.published import load_published
from pipeline.reporting.results import Result

CURVES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
SAMPLES_PER_DIGIT = 10


def main(_: argparse.Namespace) -> None:
    """Write the report and its figures, then print the report's sentences."""
    analysis = analyze(*results.load(load_params().runs), load_published())
    figures = draw_figures(analysis)
    draw_samples()
    write_csv(RESULTS / "curves.csv", curves(analysis.results))
    write_text(RESULTS / "report.html", html.render_html(analysis, figures, test_images()))
    write_text(RESULTS / "report.md", markdown.markdown_report(analysis))
    print("\n".join(filter(None, [*markdown.sentences(analysis), markdown.missing(analysis)])))
    print("Written: results/report.html, results/report.md")


def draw_figures(analysis: Analysis) -> dict[str, Path]:
    """Draw the figures that compare runs; returns their paths by name."""
    drawings = pictures.draw_pictures(analysis)
    paths = {name: RESULTS / f"{name}.png" for name in drawings}
    for name, drawing in drawings.items():
        style.save(drawing, paths[name])
    return paths


def draw_samples() -> None:
    """Draw the first training images of each digit, one digit per row; nothing without the prepared data."""
    if not (PROCESSED / "train.npz").is_file():
        return
    images, labels = load_split("train")
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:SAMPLES_PER_DIGIT] for digit in np.unique(labels)])
    captions = [str(digit) for digit in labels[chosen]]
    drawing = digit_grid.draw_digits(images[chosen], captions, "Training images", SAMPLES_PER_DIGIT)
    style.save(drawing, RESULTS / "digits.png")


def curves(runs: Sequence[Result]) -> list[dict[str, str | float]]:
    """The histories of all runs as the rows of one table, for `dvc plots`; one empty row without runs."""
    rows = [
        {"run": run.run, "epoch": int(row["epoch"])} | {key: row[key] for key in CURVES}
        for run in runs
        for row in run.history
    ]
    return rows or [dict.fromkeys(("run", "epoch", *CURVES), "")]


def test_images() -> np.ndarray | None:
    """The official test set, uint8 (10000, 28, 28, 1); None without the prepared data."""
    return load_split("test")[0] if (PROCESSED / "test.npz").is_file() else None


if __name__ == "__main__":
    errors.run_command(main, argparse.ArgumentParser(description=__doc__))
