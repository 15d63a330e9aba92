"""How far a training has come, and the files that say so."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import files, kernels


@dataclass
class Progress:
    """Whole epochs done, steps done of the next one, and one row an epoch of everything measured.

    `trained` is what the next epoch's steps gave, once all are done and only its validation is not.
    `history`, `weights` and `histograms` are functions of the inputs; `times` and `system` differ between equal runs.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    trained: dict[str, float] | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    weights: list[dict[str, Any]] = field(default_factory=list)
    histograms: dict[str, dict[str, Any]] = field(default_factory=dict)
    times: list[dict[str, float]] = field(default_factory=list)
    system: list[dict[str, float]] = field(default_factory=list)

    def add_epoch(self, row: dict[str, float], layers: dict[str, np.ndarray], finished: float) -> None:
        """Record an epoch: its history row, its kernels, and when it finished in seconds since 1970."""
        self.epoch += 1
        self.step = 0
        self.trained = None
        self.history.append({"epoch": self.epoch, **row})
        taken = self.seconds - sum(time["seconds"] for time in self.times)
        self.times.append({"epoch": self.epoch, "seconds": round(taken, 3), "finished": round(finished, 3)})
        for name, kernel in layers.items():
            self.weights.append({"epoch": self.epoch, "layer": name, **kernels.statistics(kernel)})
            limit = kernels.span(kernel.shape)
            entry = self.histograms.setdefault(name, {"low": -limit, "high": limit, "counts": []})
            entry["counts"].append(kernels.histogram(kernel))

    def write(self, folder: Path) -> None:
        """Write history.csv, weights.csv and histograms.json, once there is an epoch to write of."""
        if not self.history:
            return
        files.write_csv(folder / "history.csv", self.history)
        files.write_csv(folder / "weights.csv", self.weights)
        files.write_text(folder / "histograms.json", _compact(self.histograms))


def _compact(histograms: dict[str, dict[str, Any]]) -> str:
    """JSON with one line an epoch, so that a difference in git can be read."""
    layers = []
    for name, entry in histograms.items():
        counts = ",\n".join(f"  {row}" for row in entry["counts"])
        layers.append(f'"{name}": {{"low": {entry["low"]}, "high": {entry["high"]}, "counts": [\n{counts}]}}')
    return "{\n" + ",\n".join(layers) + "\n}\n"
