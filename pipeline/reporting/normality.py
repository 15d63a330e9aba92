"""Are the weights normally distributed? A test on a seeded sample of every kernel, and how far they are from it."""

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import PipelineError
from pipeline.reporting.results import Result
from pipeline.reporting.statistics import Shape, shape

SAMPLE = 5_000  # weights of a kernel
SEED = 2018
KURTOSIS, SKEW, DISTANCE = 0.5, 0.25, 0.03  # up to these, a kernel counts as practically normal
WEIGHTS = "model.weights.h5"  # inside a .keras file


@dataclass(frozen=True)
class Kernel:
    """One trained kernel of one run; `sampled` is the number of weights tested, 0 where only moments were at hand."""

    run: str
    layer: str
    sampled: int
    shape: Shape

    @property
    def normal(self) -> bool:
        """Whether it is normal for practical purposes; the test alone, at thousands of weights, rejects anything.

        To each limit comes what 95 % of normal samples of that size stay within (for the distance, Lilliefors 1967).
        """
        distance = self.shape.distance or 0.0
        root = math.sqrt(self.sampled) if self.sampled else math.inf
        return (
            abs(self.shape.excess_kurtosis) <= KURTOSIS + 1.96 * math.sqrt(24) / root
            and abs(self.shape.skew) <= SKEW + 1.96 * math.sqrt(6) / root
            and distance <= DISTANCE + 0.886 / root
        )


def kernels(result: Result) -> list[Kernel]:
    """Every kernel of the run: from its model where that is at hand, else from the moments in weights.csv."""
    path = result.folder / "model.keras"
    if path.is_file():
        samples = read_samples(path)
        layers = dict.fromkeys(row["layer"] for row in result.weights)
        return [Kernel(result.run, layer, samples[layer].size, shape(samples[layer])) for layer in layers]
    last = max(row["epoch"] for row in result.weights)
    return [
        Kernel(result.run, row["layer"], 0, Shape(row["excess_kurtosis"], row["skew"], None, None))
        for row in result.weights
        if row["epoch"] == last
    ]


def read_samples(path: Path) -> dict[str, np.ndarray]:
    """Layer name to at most `SAMPLE` of its kernel's weights, drawn with a seed; without importing TensorFlow.

    Raises PipelineError if the file is no Keras model.
    """
    import h5py

    samples = {}
    try:
        with zipfile.ZipFile(path) as archive, archive.open(WEIGHTS) as stream, h5py.File(stream, "r") as stored:
            for layer in stored["layers"].values():
                if "0" in layer["vars"] and layer["vars/0"].ndim > 1:  # biases and moving averages have one axis
                    samples[str(layer["vars"].attrs["name"])] = sample(layer["vars/0"][:])
    except (zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        run = path.parent.name
        raise PipelineError(
            f"results/runs/{run}/model.keras: {error}; run `dvc checkout`, or `dvc repro train@{run}`"
        ) from None
    return samples


def sample(kernel: np.ndarray) -> np.ndarray:
    """The weights of a small kernel, or `SAMPLE` of them, in one dimension."""
    weights = np.asarray(kernel).ravel()
    if weights.size <= SAMPLE:
        return weights
    return weights[np.random.default_rng(SEED).choice(weights.size, SAMPLE, replace=False)]
