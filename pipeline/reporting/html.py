"""The report as one HTML page that needs no other file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from pipeline.core.git import head_commit
from pipeline.figures.all_curves import MAX_SINGLE_RUNS
from pipeline.figures.run_styles import colour
from pipeline.figures.weight_histograms import draw_weight_histograms
from pipeline.formats.tables import read_json
from pipeline.reporting import data_uris, markdown, mistakes, provenance, tables
from pipeline.reporting.analysis import Analysis
from pipeline.reporting.conclusions import Conclusion
from pipeline.reporting.convergence import TARGETS
from pipeline.reporting.mistakes import Difference
from pipeline.reporting.number_format import decimal, listed, p_value, per_cent, signed
from pipeline.reporting.published import PUBLISHED_FLAGS, published_group
from pipeline.reporting.results import Result

TEMPLATES = Path(__file__).parent / "templates"
MAX_HISTOGRAMS = 40  # runs; of more, only the first of those that differ only in their seed gets weight histograms


def render_html(analysis: Analysis, figures: Mapping[str, Path], images: np.ndarray | None) -> str:
    """Render the page.

    Args:
        analysis: what the page presents.
        figures: the figures of all runs: "curves", "tradeoff", "effects".
        images: the official test set, uint8 (10000, 28, 28, 1); None if it is not in this checkout.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.globals |= {"p_value": p_value, "points": signed, "percent": per_cent, "decimal": decimal}
    environment.globals |= {"colour": colour, "describe_convergence": describe_convergence}
    return environment.get_template("report.html.j2").render(
        analysis=analysis,
        columns=tables.COLUMNS,
        bold=tables.BOLD,
        legend=tables.legend(tables.COLUMNS),
        sentences=markdown.sentences(analysis),
        missing=markdown.missing(analysis),
        validated_on_test=markdown.VALIDATED_ON_TEST,
        seeds=[group for group in analysis.groups if len(group.runs) > 1],
        crowded=max(Counter(run.architecture for run in analysis.results).values(), default=0) > MAX_SINGLE_RUNS,
        figures={name: data_uris.file_uri(path) for name, path in figures.items()},
        runs=run_figures(analysis),
        published_networks={
            name: group for name in analysis.published.test if (group := published_group(analysis.groups, name))
        },
        provenance=provenance,
        own_settings=provenance.own_settings(analysis.results),
        head=head_commit(),
        **_mistakes(analysis, images),
    )


def _mistakes(analysis: Analysis, images: np.ndarray | None) -> dict[str, Any]:
    hard, hard_total, common = mistakes.hardest_examples(analysis.results)
    pairs = mistakes.differences(analysis.groups)
    examples = [image for pair in pairs for image, _ in (*pair.only_first_examples, *pair.only_second_examples)]
    return {
        "hard": hard,
        "hard_total": hard_total,
        "common_images": common,
        "few": len(analysis.results) <= mistakes.MAX_COLUMNS,
        "pairs": pairs,
        "selected": selected_pair(pairs, analysis.results),
        "networks": list(dict.fromkeys(name for pair in pairs for name in (pair.first, pair.second))),
        "sprite": data_uris.digit_sprite(images, [*(example.image for example in hard), *examples]),
    }


def run_figures(analysis: Analysis) -> list[dict[str, Any]]:
    """For each run its name, and the URIs of its figures by kind, None for one that is missing."""
    first = {group.first.run for group in analysis.groups}
    files = {"loss": "loss.png", "weights": "weights.png", "confusion": "confusion_matrix.png"}
    few = len(analysis.results) <= MAX_HISTOGRAMS
    return [
        {"name": result.run}
        | {kind: data_uris.file_uri(result.folder / name) for kind, name in files.items()}
        | {"histograms": _histograms(result) if few or result.run in first else None}
        for result in analysis.results
    ]


def _histograms(result: Result) -> str | None:
    path = result.folder / "histograms.json"
    if not path.is_file():
        return None
    return data_uris.figure_uri(draw_weight_histograms(read_json(path), result.run, result.architecture))


def selected_pair(pairs: Sequence[Difference], results: Sequence[Result]) -> Difference | None:
    """The pair shown first: two networks as published, if there are two; else the first pair."""
    published = {run.run for run in results if run.flags == PUBLISHED_FLAGS}
    return next((pair for pair in pairs if {pair.first, pair.second} <= published), pairs[0] if pairs else None)


def describe_convergence(conclusion: Conclusion) -> str:
    """A sentence: how soon each of the two networks of a conclusion reached the accuracy that they are compared at."""
    compared = conclusion.convergence
    if compared is None:
        target = f"{100 * TARGETS[-1]:.0f} % validation accuracy"
        return f"{listed(list(conclusion.networks))} do not both have runs, or neither of them reached {target}."
    parts = []
    for name, epochs, budget, size in zip(
        conclusion.networks, compared.epochs, compared.budgets, compared.sizes, strict=True
    ):
        mean = float(np.mean(epochs))
        if np.isfinite(mean):
            parts.append(f"{name} in epoch {mean:g}, after {mean * size:,.0f} images")
        else:
            parts.append(f"{name} not within {budget} epochs, {budget * size:,} images")
    single = all(len(epochs) == 1 for epochs in compared.epochs)
    seeds = "one seed each" if single else "too few seeds for a test of that"
    chance = seeds if compared.p is None else f"Mann-Whitney over seeds: p {p_value(compared.p)}"
    return f"{100 * compared.target:.0f} % validation accuracy: {'; '.join(parts)}; {chance}."
