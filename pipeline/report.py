"""Compare the runs that `params.yaml` names: writes `results/report.html`, the short `report.md`, and figures."""

import argparse
from collections.abc import Sequence

import numpy as np

from pipeline.config.params import load_params
from pipeline.core import errors
from pipeline.core.files import write_text
from pipeline.core.paths import PROCESSED, RESULTS
from pipeline.dataset.splits import load_split
from pipeline.figures import ablation, all_curves, cost, digit_grid
from pipeline.formats.tables import write_csv
from pipeline.reporting import html, markdown, results
from pipeline.reporting.analysis import Analysis, analyze
from pipeline.reporting.leaderboard import terminal
from pipeline.reporting.results import Result

FIGURES = ("curves", "tradeoff", "effects")
CURVES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
SAMPLES_PER_DIGIT = 10


def main(_: argparse.Namespace) -> None:
    """Write everything, then print the main columns of the leaderboard."""
    found, missing = results.load(load_params().runs)
    study = analyze(found, missing, results.load_published())
    draw(study)
    draw_samples()
    write_csv(RESULTS / "curves.csv", curves(found))
    figures = {name: RESULTS / f"{name}.png" for name in FIGURES}
    write_text(RESULTS / "report.html", html.render_html(study, figures, test_images()))
    write_text(RESULTS / "report.md", markdown.markdown_report(study))
    print(terminal(study.rows))
    if missing:
        print(html.missing(study))
    print("Written: results/report.html, results/report.md")


def draw_samples() -> None:
    """Draw the first training images of each digit, one digit per row; nothing where the data are not here."""
    if not (PROCESSED / "train.npz").is_file():
        return
    images, labels = load_split("train")
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:SAMPLES_PER_DIGIT] for digit in np.unique(labels)])
    captions = [str(digit) for digit in labels[chosen]]
    digit_grid.save_digits(RESULTS / "digits.png", images[chosen], captions, "Training images", SAMPLES_PER_DIGIT)


def draw(study: Analysis) -> None:
    """Write the figures of all runs."""
    histories = [all_curves.Curves(run.run, run.architecture, run.flags, run.history) for run in study.found]
    all_curves.save_all(RESULTS / "curves.png", histories, study.published.curves)
    rows = {row["run"]: row for row in study.rows}
    points = [
        cost.Point(
            run.architecture,
            run.flags,
            rows[run.run]["test_accuracy"],
            run.record["parameters"],
            run.training_flops,
        )
        for run in study.found
    ]
    cost.save_tradeoff(RESULTS / "cost.png", points)
    lines = [
        ablation.Line(
            f"{one.ingredient}: {one.comparison.first} − {one.comparison.second}",
            one.architecture,
            one.comparison.difference,
            not one.also,
        )
        for one in study.effects
    ]
    ablation.save_effects(RESULTS / "ablation.png", lines)


def curves(found: Sequence[Result]) -> list[dict[str, str | float]]:
    """The histories of all runs as one table, for `dvc plots`; one row of nothing where there is no run."""
    rows = [
        {"run": run.run, "epoch": int(row["epoch"])} | {key: row[key] for key in CURVES}
        for run in found
        for row in run.history
    ]
    return rows or [dict.fromkeys(("run", "epoch", *CURVES), "")]


def test_images() -> np.ndarray | None:
    """Uint8 (10000, 28, 28, 1); None where the prepared data are not here, as in a clone without its cache."""
    return load_split("test")[0] if (PROCESSED / "test.npz").is_file() else None


if __name__ == "__main__":
    errors.run_command(main, argparse.ArgumentParser(description=__doc__))
