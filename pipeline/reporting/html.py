"""The report as one HTML page that needs no other file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from pipeline.core.git import head_commit
from pipeline.core.paths import ROOT, STRESS
from pipeline.figures.run_styles import colour
from pipeline.figures.weight_page import weights_page
from pipeline.formats.histograms import read_histograms
from pipeline.reporting import calibration, data_uris, markdown, mistakes, overfitting, provenance, stress, tables
from pipeline.reporting.analysis import Analysis
from pipeline.reporting.comparisons import Group
from pipeline.reporting.conclusions import GROUNDS
from pipeline.reporting.number_format import decimal, flops, p_value, per_cent, shortened, signed
from pipeline.reporting.per_class import digit_scores
from pipeline.reporting.published import dropout_rates

SAMPLES, EXPERIMENT = STRESS / "samples.png", ROOT / "docs/contrast.png"
TEMPLATES = Path(__file__).parent / "templates"
RUN_FIGURES = ("loss", "weights", "confusion_matrix", "mistakes")
DETAILS = ("mmac", "test_loss", "calibration", "calibration_by_chance", "epochs_to_goal")  # columns shown on demand
LONG_BOARD = 20  # rows of the leaderboard, up to which it is open


def render_html(analysis: Analysis, figures: Mapping[str, Path], images: np.ndarray | None) -> str:
    """Render the page.

    Args:
        analysis: what the page presents.
        figures: the figures of `pictures.draw_pictures`, by name.
        images: the official test set, uint8 (10000, 28, 28, 1); None if it is not in this checkout.
    """
    hard, hard_total, common_images = mistakes.hardest_examples(analysis.results)
    digits = [digit_rows(group) for group in analysis.groups]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.globals |= {"p_value": p_value, "points": signed, "percent": per_cent, "decimal": decimal}
    environment.globals |= {"colour": colour, "dropout_rates": dropout_rates, "flops": flops, "shortened": shortened}
    return environment.get_template("report.html.j2").render(
        analysis=analysis,
        grounds=GROUNDS,
        detectable=markdown.DETECTABLE if any_detectable(analysis) else "",
        columns=tables.COLUMNS,
        bold=tables.BOLD,
        details=DETAILS,
        legend=tables.legend(tables.COLUMNS),
        sentences=markdown.sentences(analysis),
        missing=markdown.missing(analysis),
        validated_on_test=markdown.VALIDATED_ON_TEST,
        seeds=[group for group in analysis.groups if len(group.runs) > 1],
        figures={name: data_uris.file_uri(path) for name, path in figures.items()},
        runs=[run_details(group) for group in analysis.groups],
        shown=[group.first.run for group in analysis.groups],
        long_board=LONG_BOARD,
        digits=digits,
        worst_missed=max((1 - score.recall for row in digits for score in row["scores"]), default=0) or 1,
        provenance=provenance,
        own_settings=provenance.own_settings(analysis.results),
        head=head_commit(),
        hard=hard,
        hard_total=hard_total,
        common_images=common_images,
        sprite=data_uris.digit_sprite(images, [example.image for example in hard]),
        stress_sentence=stress.sentence(analysis.results, analysis.stress_effects),
        stress_effects=analysis.stress_effects,
        samples=data_uris.file_uri(SAMPLES),
        experiment=data_uris.file_uri(EXPERIMENT),
        with_batch_norm=any(result.record["batch_norm"] for result in analysis.results),
        overfitting=overfitting.sentence(analysis.results),
        calibrated=calibration.sentence(analysis.results),
    )


def any_detectable(analysis: Analysis) -> bool:
    """Whether the smallest detectable effect of any claim is known."""
    claims = [claim for conclusion in analysis.conclusions for cell in conclusion.cells for claim in cell.claims]
    return any(claim.detectable is not None for claim in claims)


def digit_rows(group: Group) -> dict[str, Any]:
    """How well the runs of a group read each digit."""
    first = group.first
    return {
        "run": first.run,
        "name": group.name,
        "architecture": first.architecture,
        "scores": digit_scores(group.runs),
    }


def run_details(group: Group) -> dict[str, Any]:
    """What is folded away about the first run of a group: its figures, its scores of each digit, its weights' page."""
    run = group.first
    path = run.folder / "histograms.json"
    histograms = read_histograms(path) if path.is_file() else {}
    return {
        "name": run.run,
        "architecture": run.architecture,
        "scores": digit_scores([run]),
        "page": weights_page(run.record, histograms) if histograms else "",
        "kernels": len(histograms),
    } | {name: data_uris.file_uri(run.folder / f"{name}.png") for name in RUN_FIGURES}
