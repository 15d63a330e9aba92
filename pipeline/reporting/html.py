"""The report as one HTML page that needs nothing else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from pipeline.figures.all_curves import MANY
from pipeline.figures.run_styles import colour
from pipeline.figures.weight_histograms import draw_movement
from pipeline.formats.tables import read_json
from pipeline.reporting import data_uris, mistakes, provenance, summary
from pipeline.reporting.analysis import Analysis
from pipeline.reporting.conclusions import Conclusion
from pipeline.reporting.convergence import TARGETS
from pipeline.reporting.groups import PRINTED, as_printed
from pipeline.reporting.leaderboard import COLUMNS
from pipeline.reporting.mistakes import Difference
from pipeline.reporting.number_format import decimal, listed, p_value, per_cent, signed
from pipeline.reporting.results import Result

TEMPLATES = Path(__file__).parent / "templates"
MOVING = 40  # runs from which on only one of those that are equal but for their seed is drawn over the epochs
ON_TEST = (
    "† Here the test images were the validation data, as in the notebook: these are test figures, seen after every"
    " epoch, and no model may be chosen by them."
)
CROWD = (
    f" With more than {MANY} runs of an architecture, means of each variant with the range of their validation curves."
)


def render_html(study: Analysis, figures: Mapping[str, Path], images: np.ndarray | None) -> str:
    """The page; `figures` are those of all runs, `images` the test images, uint8 (N, 28, 28, 1), or None."""
    hard, total = mistakes.hardest_examples(study.found)
    pairs = mistakes.differences(study.groups)
    shown = [one.image for one in hard]
    shown += [image for pair in pairs for image, _ in (*pair.shown_first, *pair.shown_second)]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.globals |= {"p_value": p_value, "points": signed, "percent": per_cent, "decimal": decimal}
    environment.globals |= {"colour": colour, "race": race}
    return environment.get_template("report.html.j2").render(
        study=study,
        columns=COLUMNS,
        sentences=summary.sentences(study),
        missing=missing(study),
        on_test=ON_TEST,
        seeds=[group for group in study.groups if len(group.runs) > 1],
        crowd=CROWD if any(count > MANY for count in Counter(run.architecture for run in study.found).values()) else "",
        figures={name: data_uris.of_file(path) for name, path in figures.items()},
        runs=own_pictures(study),
        hard=hard,
        hard_total=total,
        few=len(study.found) <= mistakes.COLUMNS,
        pairs=pairs,
        chosen=chosen_pair(pairs, study),
        networks=list(dict.fromkeys(name for pair in pairs for name in (pair.first, pair.second))),
        sheet=data_uris.sheet(images, shown),
        networks_here={name: group for name in study.published.test if (group := as_printed(study.groups, name))},
        protocols=[line.replace("`", "") for line in provenance.protocols(study.found)],
        own_settings=provenance.own_settings(study.found),
        origins=provenance.origins(study.found),
        head=provenance.head(),
        software=provenance.software(),
        link=provenance.link,
    )


def own_pictures(study: Analysis) -> list[dict[str, Any]]:
    """For each run its name, and its pictures or None."""
    first = {group.first.run for group in study.groups}
    files = {"loss": "loss.png", "weights": "weights.png", "confusion": "confusion_matrix.png"}
    return [
        {"name": result.run}
        | {kind: data_uris.of_file(result.folder / name) for kind, name in files.items()}
        | {"movement": _movement(result) if len(study.found) <= MOVING or result.run in first else None}
        for result in study.found
    ]


def _movement(result: Result) -> str | None:
    path = result.folder / "histograms.json"
    if not path.is_file():
        return None
    return data_uris.of_figure(draw_movement(read_json(path), result.run, result.architecture))


def chosen_pair(pairs: Sequence[Difference], study: Analysis) -> Difference | None:
    """The pair shown first: two networks as printed, if they are there; else the first."""
    printed = {run.run for run in study.found if run.flags == PRINTED}
    return next((pair for pair in pairs if {pair.first, pair.second} <= printed), pairs[0] if pairs else None)


def missing(study: Analysis) -> str:
    """The runs that `params.yaml` names and that have no complete results."""
    names = ", ".join(f"{run} (no {file})" for run, file in study.missing.items())
    return f"Missing, and so not compared: {names}." if names else ""


def race(one: Conclusion) -> str:
    """How soon each of the two networks got where they are compared."""
    if one.race is None:
        goal = f"{100 * TARGETS[-1]:.0f} % validation accuracy"
        return f"{listed(list(one.racers))} are not both here, or neither of them got as far as {goal}."
    parts = []
    for name, epochs, budget, size in zip(one.racers, one.race.epochs, one.race.budgets, one.race.sizes, strict=True):
        mean = float(np.mean(epochs))
        if np.isfinite(mean):
            parts.append(f"{name} in epoch {mean:g}, after {mean * size:,.0f} images")
        else:
            parts.append(f"{name} not within {budget} epochs, {budget * size:,} images")
    few = "one seed each" if all(len(epochs) == 1 for epochs in one.race.epochs) else "too few seeds for a test of that"
    chance = few if one.race.p is None else f"Mann-Whitney over seeds: p {p_value(one.race.p)}"
    return f"{100 * one.race.goal:.0f} % validation accuracy: {'; '.join(parts)}; {chance}."
