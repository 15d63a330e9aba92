"""The stored results and the notebook's, read with nothing but numpy, csv and json, without the report's code."""

import csv
import json
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.core.paths import ROOT


class Runs:
    """The stored results, read with nothing but numpy, csv and json."""

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
    def pairs(self, run):
        return np.array([[int(row["actual"]), int(row["predicted"])] for row in self.csv(run, "predictions.csv")])

    @cache  # noqa: B019
    def alike(self, run):
        """The runs that are equal to this one but for their seed."""

        def what(name):
            record = self.json(name, "run.json")
            kept = {key: record[key] for key in ("architecture", "pooling", "dropout", "batch_norm", "protocol")}
            return kept | {key: value for key, value in record["settings"].items() if key != "seed"}

        names = sorted(path.name for path in self.folder.iterdir() if (path / "metrics.json").is_file())
        return [name for name in names if what(name) == what(run)]

    def right(self, run):
        return self.pairs(run)[:, 0] == self.pairs(run)[:, 1]

    def probabilities(self, run):
        path = self.folder / run / "probabilities.npy"
        return np.load(path).astype(float) if path.is_file() else None


def published():
    """Architecture to its row of the notebook's test figures."""
    with Path(ROOT / "data/published/test.csv").open(newline="") as stream:
        return {row["architecture"]: row for row in csv.DictReader(stream)}


def published_curve(name):
    """The notebook's training curve of one network, a row an epoch."""
    with Path(ROOT / f"data/published/{name}.csv").open(newline="") as stream:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]
