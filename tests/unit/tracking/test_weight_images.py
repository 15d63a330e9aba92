"""Histograms of weights in MLflow."""

import re
from pathlib import Path

import mlflow
import numpy as np

from pipeline.figures import style
from pipeline.formats.tables import write_json
from pipeline.tracking import weight_images


def test_epochs_of_a_former_training_have_no_image(tmp_path: Path) -> None:
    """A training that starts over finds the histograms of all epochs of the former one."""
    write_json(tmp_path / "run.json", {"run": "a", "architecture": "lenet"})
    counts = [[0, 3, 4, 0], [1, 3, 2, 1], [1, 2, 3, 1]]
    write_json(tmp_path / "histograms.json", {"conv1": {"low": -1.0, "high": 1.0, "counts": counts}})
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    run = client.create_run(client.create_experiment("a", (tmp_path / "artifacts").as_uri())).info.run_id
    for epochs in ({}, {1: 1000, 2: 2000}):
        weight_images.log_weight_images(client, run, tmp_path, epochs)
        logged = [item.path for item in client.list_artifacts(run, "images") if item.path.endswith(".png")]
        assert sorted(re.search(r"\+step\+(\d)\+timestamp\+(\d+)", path).groups() for path in logged) == [
            (str(epoch), str(time)) for epoch, time in epochs.items()
        ]


def test_a_reused_figure_draws_what_a_new_one_draws() -> None:
    """Other limits, colours, numbers of bins and titles leave no traces."""
    runs = [{"run": name, "architecture": name} for name in ("lenet", "vgg")]
    entries = [
        {"low": -1.0, "high": 1.0, "counts": [[5] * 8]},
        {"low": -0.1, "high": 0.1, "counts": [[9, 2, 9, 1]] * 2},
    ]
    wanted = list(zip(runs, ("conv1", "dense2"), entries, (1, 2), strict=True))
    with style.applied():
        used = weight_images.HistogramImage()
        pixels = [np.asarray(used.draw(*one)) for one in (*wanted, *wanted)]
        for one, picture in zip((*wanted, *wanted), pixels, strict=True):
            assert np.array_equal(picture, np.asarray(weight_images.HistogramImage().draw(*one)))
    assert not np.array_equal(*pixels[:2])
