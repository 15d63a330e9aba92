"""Read the results in `results/runs/`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.paths import RUNS
from pipeline.formats.result_files import read_probabilities, read_result

TEST_SET_SIZE = 10_000  # images of the official test set
REQUIRED = ("run.json", "metrics.json", "environment.json", "history.csv", "weights.csv", "predictions.csv")


@dataclass(frozen=True)
class Result:
    """The results of one run, as read from its files.

    It was scored on N test images: `test_index` are their indices in the official test set, `labels` their digits and
    `predicted` the answers; each int (N,), in the same order.
    """

    run: str
    folder: Path
    record: dict[str, Any]
    metrics: dict[str, float]
    environment: dict[str, Any]
    history: list[dict[str, float]]
    weights: list[dict[str, Any]]
    test_index: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    stress: Sequence[Mapping[str, Any]] = ()  # the rows of stress.csv; none of older results

    @property
    def architecture(self) -> str:
        """The name of its network."""
        return self.record["architecture"]

    @property
    def flags(self) -> tuple[bool, bool, bool]:
        """Whether it has pooling, dropout, batch normalisation."""
        return self.record["pooling"], self.record["dropout"], self.record["batch_norm"]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of its training."""
        return self.record["settings"]

    @property
    def correct(self) -> np.ndarray:
        """Whether each prediction is right; bool (N,)."""
        return self.predicted == self.labels

    @property
    def images_seen(self) -> int:
        """Number of training images, counted once per epoch."""
        return self.settings["epochs"] * self.settings["training_images"]

    @property
    def training_flops(self) -> float:
        """Floating-point operations of the training: 2 per multiply-accumulate; backward is twice the forward pass."""
        return 3 * 2 * self.record["multiply_accumulates"] * self.images_seen

    def rows(self, images: np.ndarray) -> np.ndarray:
        """The positions in `test_index` of test images, int (M,), all of which must be there."""
        order = np.argsort(self.test_index)
        return order[np.searchsorted(self.test_index, images, sorter=order)]

    def probabilities(self) -> np.ndarray | None:
        """Class probabilities, float32 (N, 10); None if the file is not in this checkout."""
        path = self.folder / "probabilities.npy"
        return read_probabilities(path, len(self.labels)) if path.is_file() else None


def load(runs: Iterable[str], folder: Path = RUNS) -> tuple[list[Result], dict[str, str]]:
    """Read the results of `runs`, and ignore other folders.

    Returns:
        The results in the order of `runs`; and for each run that lacks a file, the name of the first one missing.

    Raises:
        PipelineError: a file is damaged.
    """
    results, missing = [], {}
    for run in runs:
        absent = [name for name in REQUIRED if not (folder / run / name).is_file()]
        if absent:
            missing[run] = absent[0]
        else:
            *files, predictions = (read_result(folder / run / name) for name in REQUIRED)
            rows = [(row.get("image", i), row["actual"], row["predicted"]) for i, row in enumerate(predictions)]
            stress = folder / run / "stress.csv"
            scored = read_result(stress) if stress.is_file() else ()
            results.append(Result(run, folder / run, *files, *np.array(rows, dtype=int).T, scored))
    return results, missing


def common_images(results: Sequence[Result]) -> np.ndarray:
    """The test images that all of these runs were scored on: ascending indices, int (M,); PipelineError if none."""
    common = reduce(np.intersect1d, [result.test_index for result in results], results[0].test_index)
    if not len(common):
        runs = ", ".join(result.run for result in results)
        raise PipelineError(f"results/runs: {runs} have no test image in common; evaluate them on the same images")
    return common


def differing_settings(results: Sequence[Result]) -> list[str]:
    """The names of the settings in which these runs differ."""
    keys = dict.fromkeys(key for result in results for key in result.settings)
    return [key for key in keys if any(run.settings.get(key) != results[0].settings.get(key) for run in results)]


def numbers(row: dict[str, str]) -> dict[str, Any]:
    """A row of a CSV file with every value but the layer's name as a float; ValueError for one that is no number."""
    return {key: value if key == "layer" else float(value) for key, value in row.items()}
