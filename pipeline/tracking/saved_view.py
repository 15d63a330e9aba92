"""The view of the experiment in MLflow's UI: which charts come first, which columns the table has.

MLflow keeps such a view in a tag of the experiment, as its own 'Views' menu does, and lists it there by name.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pipeline.tracking.metric_points import MOMENTS, weights_key
from pipeline.tracking.mlflow_run import PRESENT, RESULT
from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient

KEY = "study"
TAG = f"mlflow.sharedViewState.{KEY}"
NAME = "Curves, test figures, weights"
FILTER = f"tags.{RESULT} = '{PRESENT}'"
CURVES = ("val_accuracy", "val_error_percent", "val_loss", "train_accuracy", "val_minus_train_loss", "train_loss")
LOGARITHMIC = ("val_error_percent", "val_loss", "train_loss")
TAGS = ("architecture", "variant", "protocol")
METRICS = ("val_accuracy", "test_accuracy", "test_errors", "test_images", "training_seconds")
COLUMNS = [*(f"tags.`{tag}`" for tag in TAGS), "params.`parameters`", *(f"metrics.`{metric}`" for metric in METRICS)]
RUNS = 100  # in one chart, at most
FEW = 10  # runs that MLflow shows pictures of, and whose lines and colours can be told apart
GROUPS = {
    "aggregateFunction": "average",
    "groupByKeys": [{"mode": "tag", "groupByData": tag} for tag in ("architecture", "variant")],
}
LINE = {
    "lineSmoothness": 0,
    "xAxisScaleType": "linear",
    "scaleType": "linear",
    "range": {},
    "xAxisKey": "step",
    "yAxisKey": "metric",
    "useGlobalXaxisKey": True,
    "useGlobalLineSmoothing": True,
}


def save_view(client: "MlflowClient", experiment: str, runs: Iterable[RunContent]) -> None:
    """Save the view of these runs in the experiment, unless it has it already."""
    wanted = json.dumps({"name": NAME, "createdAt": 0, "state": json.dumps(view_state(list(runs)))})
    if client.get_experiment(experiment).tags.get(TAG) != wanted:
        client.set_experiment_tag(experiment, TAG, wanted)


def view_state(runs: list[RunContent]) -> dict[str, Any]:
    """Charts of the curves, of the test metrics, and of the weights.

    The pictures are a table of runs and kernels at the last epoch that all runs have; a closed section has a chart of
    each kernel. Of more than ten runs, the charts show the means of those with the same architecture and variant.
    MLflow adds all other metrics to the last sections.
    """
    step = min(max(run.stamps) for run in runs)
    layers = sorted({layer for run in runs for layer in run.layers})
    kernels = [weights_key(layer) for layer in layers]
    keys = dict.fromkeys(point.key for run in runs for point in run.points)
    first = weights_key(runs[0].layers[0])
    bars = [
        key for key in ("test_error_percent", "val_minus_train_loss", f"{first}_change", f"{first}_std") if key in keys
    ]
    many = len(runs) > FEW
    left_out = f" of {FEW} of {len(runs)} runs" if many else ""
    sections = [
        _section(
            "Curves" + (", means over runs of a variant" if many else ""), [_line(key) for key in CURVES], columns=3
        ),
        _section("Test error [%], overfitting if > 0, first kernel", map(_bar, bars), columns=3),
        _section(f"Weights{left_out}", [_images("weights", kernels, step)], columns=1, cardHeight=720),
        _section(
            "How far each kernel moved, and its spread",
            [
                _line(key)
                for layer in layers
                for moment in MOMENTS.values()
                if (key := f"{weights_key(layer)}_{moment}") in keys
            ],
            columns=3,
        ),
        _section(
            f"Weights of one kernel{left_out}", [_images(key, [key], step) for key in kernels], columns=1, display=False
        ),
        _section("stress", [], display=False),  # MLflow adds the metrics of that prefix
        _section("Model metrics", []),
        _section("System metrics", [], display=False),
    ]
    return {
        "compareRunSections": [section for section, _ in sections],
        "compareRunCharts": [chart for _, charts in sections for chart in charts],
        "isAccordionReordered": True,  # or MLflow would sort the sections
        "selectedColumns": COLUMNS,
        "searchFilter": FILTER,
        "orderByKey": "metrics.`test_accuracy`",
        "orderByAsc": False,
        "runsHiddenMode": "SHOW_ALL",
        "groupBy": GROUPS if many else None,
    }


def _section(name: str, charts: Iterable[dict[str, Any]], **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    section = {"uuid": name, "name": name, "display": True, "isReordered": True, **more}
    return section, [{**chart, "metricSectionId": name} for chart in charts]


def _line(key: str) -> dict[str, Any]:
    scale = "log" if key in LOGARITHMIC else "linear"
    return _chart("LINE", key, metricKey=key, **LINE | {"scaleType": scale})


def _bar(key: str) -> dict[str, Any]:
    """A chart that MLflow did not generate, or it would draw points at the last epochs instead of bars."""
    return _chart("BAR", key, metricKey=key) | {"isGenerated": False}


def _chart(kind: str, key: str, **more: Any) -> dict[str, Any]:
    return {
        "uuid": f"{kind} {key}",
        "type": kind,
        "isGenerated": True,
        "deleted": False,
        "runsCountToCompare": RUNS,
        **more,
    }


def _images(name: str, keys: list[str], step: int) -> dict[str, Any]:
    return _chart("IMAGE", name, imageKeys=keys, step=step, showRunParams=False)
