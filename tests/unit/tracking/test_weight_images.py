"""Histograms of weights in MLflow."""

import re
from pathlib import Path

import mlflow
import numpy as np

from pipeline.figures import style
from pipeline.formats.histograms import Histogram
from pipeline.formats.tables import write_json
from pipeline.tracking import weight_images
from tests.support.mirrored import PLAIN


def test_epochs_of_a_former_training_have_no_image(tmp_path: Path) -> None:
    """A training that starts over finds the histograms of all epochs of the former one."""
    write_json(tmp_path / "run.json", {"run": "a", "architecture": "lenet", **PLAIN})
    tails = {"below": [0, 1, 1], "above": [0, 1, 1]}
    entry = {"low": -1.0, "high": 1.0, **tails, "counts": [[3, 4, 0], [3, 2, 0], [2, 3, 0]]}
    write_json(tmp_path / "histograms.json", {"conv1": entry})
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    run = client.create_run(client.create_experiment("a", (tmp_path / "artifacts").as_uri())).info.run_id
    for epochs in ({}, {0: 500, 1: 1000}):
        weight_images.log_weight_images(client, run, tmp_path, epochs)
        logged = [item.path for item in client.list_artifacts(run, "images") if item.path.endswith(".png")]
        assert sorted(re.search(r"\+step\+(\d)\+timestamp\+(\d+)", path).groups() for path in logged) == [
            (str(epoch), str(time)) for epoch, time in epochs.items()
        ]


def test_a_reused_figure_draws_what_a_new_one_draws() -> None:
    """Other limits, colours, numbers of bins and titles leave no traces."""
    runs = [{"run": name, "architecture": name, **PLAIN} for name in ("lenet", "vgg")]
    entries = [
        Histogram(-1.0, 1.0, 0.25, [0], np.full((1, 8), 5), np.array([3]), np.array([0])),
        Histogram(-0.1, 0.1, 0.02, [0, 1], np.array([[9, 2, 9, 1]] * 2), np.array([0, 0]), np.array([0, 0])),
    ]
    wanted = list(zip(runs, ("conv1", "dense2"), entries, (0, 1), strict=True))
    with style.applied():
        used = weight_images.HistogramImage()
        pixels = [np.asarray(used.draw(*one)) for one in (*wanted, *wanted)]
        for one, picture in zip((*wanted, *wanted), pixels, strict=True):
            assert np.array_equal(picture, np.asarray(weight_images.HistogramImage().draw(*one)))
    assert not np.array_equal(*pixels[:2])
