"""Images per second of the three networks in training, under each precision, beside PyTorch and Keras' own layers."""

import importlib.util
import json
import statistics
from collections.abc import Sequence
from functools import partial

from pipeline.core.paths import ROOT
from tools import workspace
from tools.bench.row import Row, alternate
from tools.bench.steps import BATCH

PRECISIONS = {"cpu": ("float32", "mixed_bfloat16"), "gpu": ("float32", "mixed_bfloat16", "mixed_float16")}
STEPS = {"cpu": {"lenet": 20, "vgg": 12, "custom": 2}, "gpu": {"lenet": 400, "vgg": 400, "custom": 50}}
THEIRS = {"torch": "PyTorch, eager", "normalised by Keras": "Keras' own layers and Adam"}
MISSING = "PyTorch is not installed, so nothing is compared with it; `make .venv/bench` adds it"


def rows(networks: Sequence[str], repeats: int, device: str) -> list[Row]:
    """Two rows for each network and precision, without and with batch normalisation; `device` is "cpu" or "gpu"."""
    frameworks = ("keras", "torch") if torch_is_here() else ("keras",)
    found = []
    for name in networks:
        for precision in PRECISIONS[device]:
            for ways in (frameworks, ("normalised", "normalised by Keras")):
                steps = STEPS[device][name]
                sides = {way: partial(_images_per_second, way, name, precision, steps) for way in ways}
                found.append(_row(name, precision, alternate(sides, repeats)))
    return found


def torch_is_here() -> bool:
    """Whether PyTorch is installed."""
    return importlib.util.find_spec("torch") is not None


def _images_per_second(way: str, network: str, precision: str, steps: int) -> float:
    command = ("python", "-m", "tools.bench.steps", way, network, precision, str(steps))
    return float(json.loads(workspace.Workspace(ROOT).ask(*command).splitlines()[-1]))


def _row(name: str, precision: str, found: dict[str, list[float]]) -> Row:
    """More is better here, so the ratio is theirs to ours: below 1 where ours is the faster."""
    (way, ours), *others = found.items()
    what = f"{name}{' with batch normalisation' if way == 'normalised' else ''}, {precision}, batch {BATCH}"
    if not others:
        return Row("speed", what, "images/s", statistics.median(ours))
    ((other, theirs),) = others
    ratio = statistics.median(them / us for us, them in zip(ours, theirs, strict=True))
    return Row("speed", what, "images/s", statistics.median(ours), THEIRS[other], statistics.median(theirs), ratio)
