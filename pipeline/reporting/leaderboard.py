"""The rows of the leaderboard: each run's variant, cost, scores and published counterpart; and the ensemble's."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.constants import PROBABILITY_EPSILON
from pipeline.figures.run_styles import VARIANTS
from pipeline.reporting.convergence import GOAL, epochs_to
from pipeline.reporting.published import PUBLISHED_FLAGS, Published, dropout_rates
from pipeline.reporting.results import TEST_SET_SIZE, Result, common_images
from pipeline.reporting.statistics import calibration_error, calibration_error_by_chance, wilson
from pipeline.reporting.stress import mean_accuracy

ENSEMBLE = "(ensemble)"  # no run can have this name
MAX_ERROR = 2  # times the chosen run's validation error: members of the ensemble make no more


def leaderboard(results: Sequence[Result], published: Published) -> list[dict[str, Any]]:
    """A row per run, in the order of `results`, then one of the ensemble of the accurate runs.

    A row has the keys of `tables.COLUMNS`, with None where a value does not apply; `best`, whether validation data
    choose the run; `is_ensemble`; and `show_test_images`, whether any row is not about all 10,000 test images. Members
    of the ensemble are the runs whose probabilities are here and whose validation error is at most twice that of the
    chosen run. Runs that were validated on the test images are neither chosen nor members.
    """
    chosen = chosen_run(results)
    rows = [_run_row(result, published) | {"best": result is chosen} for result in results]
    members = [
        result
        for result, row in zip(results, rows, strict=True)
        if row["calibration"] is not None and _held_out(result) and _error(result) <= MAX_ERROR * _error(chosen)
    ]
    if len(members) > 1:
        rows.append(dict.fromkeys(rows[0]) | _ensemble_row(members) | {"best": False, "is_ensemble": True})
    show_test_images = any(row["test_images"] != TEST_SET_SIZE for row in rows)
    return [row | {"show_test_images": show_test_images} for row in rows]


def chosen_run(results: Sequence[Result]) -> Result | None:
    """The run with the best accuracy on held-out images, then the lowest loss; None if none was validated on them."""
    candidates = [result for result in results if _held_out(result)]
    return min(candidates, key=lambda run: (_error(run), run.metrics["val_loss"], run.run), default=None)


def _held_out(result: Result) -> bool:
    return result.settings["validation_data"] != "test"


def _error(result: Result) -> float:
    return 1 - result.metrics["val_accuracy"]


def _run_row(result: Result, published: Published) -> dict[str, Any]:
    metrics, settings, probabilities = result.metrics, result.settings, result.probabilities()
    same = result.flags == PUBLISHED_FLAGS and published.comparable(result)
    counterpart = published.test.get(result.architecture, {}) if same else {}
    images = settings["validation_images"]
    epochs = epochs_to(GOAL, result.history)
    return {
        "run": result.run,
        "variant": VARIANTS[result.flags].name,
        "dropout": dropout_rates(result) if result.record["dropout"] else None,
        "parameters": result.record["parameters"],
        "mmac": result.record["multiply_accumulates"] / 1e6,
        "images_seen": result.images_seen,
        "training_flops": result.training_flops,
        "val_accuracy": wilson(round(metrics["val_accuracy"] * images), images),
        "test_accuracy": wilson(int(result.correct.sum()), len(result.labels)),
        "test_errors": metrics["test_errors"],
        "test_images": len(result.labels),
        "test_loss": metrics["test_loss"],
        "stress_accuracy": mean_accuracy(result),
        "calibration": None if probabilities is None else calibration_error(probabilities, result.labels),
        "calibration_by_chance": None if probabilities is None else calibration_error_by_chance(probabilities),
        "epochs_to_goal": epochs if epochs < float("inf") else None,
        "seconds": result.environment["seconds"],
        "published_accuracy": counterpart.get("test_accuracy"),
        "architecture": result.architecture,
        "validation_data": settings["validation_data"],
        "is_ensemble": False,
    }


def _ensemble_row(members: Sequence[Result]) -> dict[str, Any]:
    """The scores of the members' mean probabilities on their common test images; the cost is the sum of their costs."""
    images = common_images(members)
    labels = members[0].labels[members[0].rows(images)]
    mean = sum(run.probabilities()[run.rows(images)].astype(np.float64) for run in members) / len(members)
    errors = int((mean.argmax(axis=1) != labels).sum())
    of_label = np.clip(mean[np.arange(len(labels)), labels], PROBABILITY_EPSILON, 1)
    return {
        "run": ENSEMBLE,
        "variant": f"mean of {len(members)}",
        "parameters": sum(run.record["parameters"] for run in members),
        "mmac": sum(run.record["multiply_accumulates"] for run in members) / 1e6,
        "training_flops": sum(run.training_flops for run in members),
        "test_accuracy": wilson(len(labels) - errors, len(labels)),
        "test_errors": errors,
        "test_images": len(labels),
        "test_loss": float(-np.log(of_label).mean()),
        "calibration": calibration_error(mean, labels),
        "calibration_by_chance": calibration_error_by_chance(mean),
        "seconds": sum(run.environment["seconds"] for run in members),
    }
