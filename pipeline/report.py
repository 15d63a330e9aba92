"""Compares the runs that `params.yaml` names: writes `results/report.html`, its short twin `report.md`, and figures."""

import argparse
from collections.abc import Sequence

import numpy as np

from pipeline import data, errors, params
from pipeline.figures import effects, overview, tradeoff
from pipeline.files import ROOT, write_csv, write_text
from pipeline.reporting import page, results, twin
from pipeline.reporting.leaderboard import terminal
from pipeline.reporting.results import Result
from pipeline.reporting.study import Study, analyse

FOLDER = ROOT / "results"
REPORT = FOLDER / "report.md"
BEGIN, END = twin.BEGIN, twin.END  # around what the README shows too
FIGURES = ("curves", "tradeoff", "effects")
CURVES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")


def main(_: argparse.Namespace) -> None:
    """Write everything, then print the chief columns."""
    found, missing = results.load(params.load().runs)
    study = analyse(found, missing, results.load_published())
    draw(study)
    write_csv(FOLDER / "curves.csv", curves(found))
    figures = {name: FOLDER / f"{name}.png" for name in FIGURES}
    write_text(FOLDER / "report.html", page.render(study, figures, test_images()))
    write_text(FOLDER / "report.md", twin.markdown(study))
    print(terminal(study.rows))
    if missing:
        print(page.missing(study))
    print("Written: results/report.html, results/report.md")


def draw(study: Study) -> None:
    """Write the figures of all runs."""
    histories = [overview.Curves(run.run, run.architecture, run.flags, run.history) for run in study.found]
    overview.save_all(FOLDER / "curves.png", histories, study.published.curves)
    rows = {row["run"]: row for row in study.rows}
    points = [
        tradeoff.Point(
            run.architecture,
            run.flags,
            rows[run.run]["test_accuracy"],
            run.record["parameters"],
            run.training_flops,
        )
        for run in study.found
    ]
    tradeoff.save_tradeoff(FOLDER / "tradeoff.png", points)
    lines = [
        effects.Line(
            f"{one.ingredient}: {one.comparison.first} − {one.comparison.second}",
            one.architecture,
            one.comparison.difference,
            not one.also,
        )
        for one in study.effects
    ]
    effects.save_effects(FOLDER / "effects.png", lines)


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
    return data.load("test")[0] if (data.PROCESSED / "test.npz").is_file() else None


if __name__ == "__main__":
    errors.run(main, argparse.ArgumentParser(description=__doc__))
