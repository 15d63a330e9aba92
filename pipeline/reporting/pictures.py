"""The figures that compare runs, drawn from their results."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from pipeline.figures import ablation as ablation_figure
from pipeline.figures import accuracy, all_curves, convergence, cost, heat_map, normality, reliability
from pipeline.reporting import calibration, stress
from pipeline.reporting.analysis import Analysis
from pipeline.reporting.comparisons import Group, largest_budgets
from pipeline.reporting.normality import THRESHOLD, kernels
from pipeline.reporting.number_format import signed
from pipeline.reporting.published import PUBLISHED_FLAGS
from pipeline.reporting.results import Result
from pipeline.reporting.statistics import LEVEL, Interval, wilson

EPOCH_2018 = 60_000  # images of an epoch of the notebook


def draw_pictures(analysis: Analysis) -> dict[str, Figure]:
    """Every figure of the report, by name; what was published is in them if any run is about the same data."""
    groups, published = analysis.groups, analysis.published
    same_data = not groups or any(published.comparable(group.first) for group in groups)
    known = published_curves(analysis) if same_data else {}
    curves = [group_curves(group) for group in groups]
    scores = [score(group, analysis) for group in groups]
    as_published = [group for group in groups if group.first.flags == PUBLISHED_FLAGS]
    distances = [
        normality.Distances(kernel.architecture, kernel.layer, kernel.distance, kernel.from_initial)
        for group in largest_budgets(as_published)
        for kernel in kernels(group)
    ]
    return {
        "accuracy": accuracy.draw_accuracy(scores),
        "tradeoff": cost.draw_cost(scores),
        "convergence": convergence.draw_convergence([one for one in curves if one.flags == PUBLISHED_FLAGS], known),
        "normality": normality.draw_normality(distances, THRESHOLD),
        "curves": all_curves.draw_all_curves(curves, known),
        "effects": ablation_figure.draw_ablation(effects(analysis)),
        "stress": draw_stress([group.first for group in groups]),
        "reliability": reliability.draw_reliability([one for group in groups for one in reliabilities(group)]),
    }


def group_curves(group: Group) -> all_curves.Curves:
    """The histories of a group's runs, in per cent and as losses."""
    rows = list(zip(*(run.history for run in group.runs), strict=False))  # one per epoch, with each seed's
    columns = {key: np.array([[seed[key] for seed in row] for row in rows]).T for key in ("val_loss", "train_loss")}
    for split in ("val", "train"):
        right = np.array([[seed[f"{split}_accuracy"] for seed in row] for row in rows]).T
        columns[f"{split}_error"] = 100 * (1 - right)
    first = group.first
    images = [first.settings["training_images"] * row[0]["epoch"] for row in rows]
    return all_curves.Curves(
        group.name, first.architecture, first.flags, images, columns, first.training_flops / first.images_seen
    )


def published_curves(analysis: Analysis) -> dict[str, all_curves.Curves]:
    """The training curves of 2018, by architecture; their compute is not known where no run has the network."""
    flops = {
        group.first.architecture: group.first.training_flops / group.first.images_seen
        for group in analysis.groups
        if group.first.flags == PUBLISHED_FLAGS
    }
    return {
        name: all_curves.Curves(
            name,
            name,
            PUBLISHED_FLAGS,
            [EPOCH_2018 * row["epoch"] for row in rows],
            {
                "train_loss": np.array([[row["loss"] for row in rows]]),
                "train_error": np.array([[100 * (1 - row["accuracy"]) for row in rows]]),
            },
            flops.get(name, float("nan")),
        )
        for name, rows in analysis.published.curves.items()
    }


def score(group: Group, analysis: Analysis) -> accuracy.Score:
    """A group's test error: the interval is Wilson's for one run, and that of the mean over several seeds."""
    first = group.first
    right = group.accuracies
    mean, low, high = over_seeds(right) if len(right) > 1 else wilson(int(first.correct.sum()), len(first.labels))
    known = first.flags == PUBLISHED_FLAGS and analysis.published.comparable(first)
    counterpart = analysis.published.test.get(first.architecture) if known else None
    return accuracy.Score(
        group.name,
        first.architecture,
        first.flags,
        (100 * (1 - mean), 100 * (1 - high), 100 * (1 - low)),
        [100 * (1 - each) for each in right],
        None if counterpart is None else 100 * (1 - counterpart["test_accuracy"]),
        first.record["parameters"],
        first.training_flops,
    )


def over_seeds(values: Sequence[float]) -> Interval:
    """The mean of one value per seed, with its t interval."""
    mean, error = float(np.mean(values)), float(stats.sem(values))
    half = error * float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1))
    return Interval(mean, mean - half, mean + half)


def effects(analysis: Analysis) -> list[ablation_figure.Effect]:
    """The ablation, as its figure takes it."""
    return [
        ablation_figure.Effect(
            f"{effect.component}: {effect.comparison.first} − {effect.comparison.second}",
            effect.architecture,
            effect.comparison.difference,
            effect.fair,
            signed(effect.comparison.difference.value) + " *" * effect.comparison.significant,
        )
        for effect in analysis.effects
    ]


def reliabilities(group: Group) -> Iterable[reliability.Reliability]:
    """How often the runs of a group are wrong, by their doubt; nothing without stored probabilities."""
    found = calibration.bins(group.runs)
    if found:
        images = sum(each.images for each in found)
        yield reliability.Reliability(
            group.name,
            group.first.architecture,
            group.first.flags,
            [100 * each.doubt for each in found],
            [tuple(100 * rate for rate in each.errors) for each in found],
            [100 * each.images / images for each in found],
        )


def draw_stress(runs: Sequence[Result]) -> Figure:
    """Draw the accuracy of each run on each corruption and on another source, and the mean over the corruptions."""
    scores: Mapping[str, Mapping[str, float]] = {run.run: stress.accuracies(run) for run in runs if run.stress}
    columns = list(next(iter(scores.values()), {}))
    values = np.array([[row[name] for name in columns] for row in scores.values()])
    digits = {run.run: stress.digits_per_corruption(run) for run in runs if run.stress}
    labels = [run + f" ({few} digits)" * (few < max(digits.values())) for run, few in digits.items()]
    title = "Accuracy on corrupted test digits and on another source, per cent"
    return heat_map.draw_heat_map(labels, [name.replace("_", " ") for name in columns], values, title)
