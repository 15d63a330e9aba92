"""The view of the experiment in MLflow's UI: which charts come first, which columns the table has.

MLflow keeps such a view in a tag of the experiment, as its own 'Views' menu does, and lists it there by name.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pipeline.tracking.metric_points import weights_key
from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient

KEY = "study"
TAG = f"mlflow.sharedViewState.{KEY}"
NAME = "Curves, test figures, weights"
CURVES = ("val_loss", "val_accuracy", "train_loss", "train_accuracy")
TEST = ("test_accuracy", "test_errors", "test_loss")
COLUMNS = ("params.parameters", "metrics.val_accuracy", "metrics.test_accuracy", "metrics.test_errors")
RUNS = 100  # in one chart, at most
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
    """Charts of the curves, of the test metrics, and of the kernels' images at the last epoch that all runs have.

    The images are a table of runs and kernels; a closed section has a chart of each kernel. MLflow adds all other
    metrics to the last two sections.
    """
    step = min(len(run.stamps) for run in runs)
    kernels = [weights_key(layer) for layer in sorted({layer for run in runs for layer in run.layers})]
    sections = [
        _section("Curves", [_chart("LINE", key, metricKey=key, **LINE) for key in CURVES], columns=2),
        _section("Test set", [_chart("BAR", key, metricKey=key) for key in TEST]),
        _section("Weights", [_images("weights", kernels, step)], columns=1, cardHeight=720),
        _section("Weights of one kernel", [_images(key, [key], step) for key in kernels], columns=1, display=False),
        _section("Model metrics", []),
        _section("System metrics", []),
    ]
    return {
        "compareRunSections": [section for section, _ in sections],
        "compareRunCharts": [chart for _, charts in sections for chart in charts],
        "isAccordionReordered": True,  # or MLflow would sort the sections
        "selectedColumns": ["{}.`{}`".format(*column.split(".")) for column in COLUMNS],
    }


def _section(name: str, charts: list[dict[str, Any]], **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    section = {"uuid": name, "name": name, "display": True, "isReordered": True, **more}
    return section, [{**chart, "metricSectionId": name} for chart in charts]


def _chart(kind: str, key: str, **more: Any) -> dict[str, Any]:
    return {"uuid": key, "type": kind, "isGenerated": True, "deleted": False, "runsCountToCompare": RUNS, **more}


def _images(name: str, keys: list[str], step: int) -> dict[str, Any]:
    return _chart("IMAGE", name, imageKeys=keys, step=step, showRunParams=False)
