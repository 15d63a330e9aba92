"""The stored results and the published ones, read with nothing but numpy, csv and json, without the report's code."""

import csv
import json
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.core.paths import ROOT


class Runs:
    """The results of the runs in a folder."""

    def __init__(self, folder):
        self.folder = folder

    @cache  # noqa: B019
    def json(self, run, name):
        return json.loads((self.folder / run / name).read_text())

    @cache  # noqa: B019
    def csv(self, run, name):
        with (self.folder / run / name).open(newline="") as stream:
            return list(csv.DictReader(stream))

    @cache  # noqa: B019
    def images(self, run):
        """The indices of the test images that the run was scored on; rows of old files are all, in order."""
        return [int(row.get("image", index)) for index, row in enumerate(self.csv(run, "predictions.csv"))]

    def common(self, *runs):
        """The images that all of these runs were scored on, in ascending order."""
        return sorted(set.intersection(*(set(self.images(run)) for run in runs)))

    @cache  # noqa: B019
    def pairs(self, run):
        return np.array([[int(row["actual"]), int(row["predicted"])] for row in self.csv(run, "predictions.csv")])

    def rows(self, run, images):
        """The rows of the run's files about these images."""
        place = {image: row for row, image in enumerate(self.images(run))}
        return [place[image] for image in images]

    @cache  # noqa: B019
    def same_but_seed(self, run):
        """The runs that differ from this one at most in their seed."""

        def training(name):
            record = self.json(name, "run.json")
            kept = {key: record[key] for key in ("architecture", "pooling", "dropout", "batch_norm", "protocol")}
            return kept | {key: value for key, value in record["settings"].items() if key != "seed"}

        names = sorted(path.name for path in self.folder.iterdir() if (path / "metrics.json").is_file())
        return [name for name in names if training(name) == training(run)]

    def correct(self, run, images=None):
        """Whether each prediction is right, of all the run's images or of those given."""
        pairs = self.pairs(run)[self.rows(run, self.images(run) if images is None else images)]
        return pairs[:, 0] == pairs[:, 1]

    def stress(self, run):
        """Whether each corrupted digit was read; empty if the run was not scored on them."""
        rows = self.csv(run, "stress.csv") if (self.folder / run / "stress.csv").is_file() else []
        corrupted = [row for row in rows if row["corruption"] != "other_source"]
        return np.array([a == b for row in corrupted for a, b in zip(row["actual"], row["predicted"], strict=True)])

    def probabilities(self, run):
        path = self.folder / run / "probabilities.npy"
        return np.load(path).astype(float) if path.is_file() else None


def published():
    """Architecture to its row of the published test figures."""
    with Path(ROOT / "data/published/test.csv").open(newline="") as stream:
        return {row["architecture"]: row for row in csv.DictReader(stream)}


def published_curve(name):
    """The published training curve of one network, a row per epoch."""
    with Path(ROOT / f"data/published/{name}.csv").open(newline="") as stream:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]
