"""The report as one HTML page that needs no other file."""

from collections.abc import Mapping
from pathlib import Path

import jinja2
import numpy as np

from pipeline.core.git import head_commit
from pipeline.core.paths import ROOT, STRESS
from pipeline.figures.run_styles import colour
from pipeline.reporting import data_uris, markdown, mistakes, provenance, stress, tables
from pipeline.reporting.analysis import Analysis
from pipeline.reporting.conclusions import Conclusion
from pipeline.reporting.convergence import TARGETS
from pipeline.reporting.number_format import decimal, listed, p_value, per_cent, signed

SAMPLES, EXPERIMENT = STRESS / "samples.png", ROOT / "docs/contrast.png"
TEMPLATES = Path(__file__).parent / "templates"
RUN_FIGURES = ("loss", "weights", "confusion_matrix", "mistakes")


def render_html(analysis: Analysis, figures: Mapping[str, Path], images: np.ndarray | None) -> str:
    """Render the page.

    Args:
        analysis: what the page presents.
        figures: the figures of all runs: "curves", "tradeoff", "effects".
        images: the official test set, uint8 (10000, 28, 28, 1); None if it is not in this checkout.
    """
    hard, hard_total, common_images = mistakes.hardest_examples(analysis.results)
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
        figures={name: data_uris.file_uri(path) for name, path in figures.items()},
        runs=[
            {"name": run.run} | {name: data_uris.file_uri(run.folder / f"{name}.png") for name in RUN_FIGURES}
            for run in analysis.results
        ],
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
    )


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
