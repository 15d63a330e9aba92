"""The families `idle` and `speed`, measured in this checkout: DVC with nothing to do, and images per second."""

import importlib.util
import json
import time
from collections.abc import Iterator, Sequence
from functools import partial

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from tools.bench.row import Row, alternate, make_row
from tools.bench.steps import BATCH_SIZE
from tools.workspace import Workspace

STATUS, REPRO = "dvc status", ("dvc repro", "dvc repro --all-pipelines")  # the last is what `make repro` runs
PRECISIONS = {"cpu": ("float32", "mixed_bfloat16"), "gpu": ("float32", "mixed_bfloat16", "mixed_float16")}
STEPS = {"cpu": {"lenet": 20, "vgg": 12, "custom": 2}, "gpu": {"lenet": 400, "vgg": 400, "custom": 50}}
COMPARISONS = (  # the end of the row's name, the two ways of tools.bench.steps, and the name of the second
    ("", "keras", "torch", "PyTorch, eager"),
    (" with batch normalisation", "normalised", "normalised by Keras", "Keras' own layers and Adam"),
)


def idle_rows(repeats: int) -> Iterator[Row]:
    """`dvc repro` against `dvc status`; PipelineError if a stage is out of date."""
    if not Workspace(ROOT).check_output(*STATUS.split()).strip().endswith("up to date."):
        raise PipelineError("dvc status: stages are out of date; run `make repro`, or measure other ROWS")
    found = alternate({command: partial(_seconds, command) for command in (*REPRO, STATUS)}, repeats)
    for command in REPRO:
        yield make_row(f"{command}, with nothing to do", "s", found[command], STATUS, found[STATUS], aim=1.5)


def speed_rows(networks: Sequence[str], repeats: int, device: str) -> Iterator[Row]:
    """Two rows for each network and precision; `device` is "cpu" or "gpu"."""
    for network in networks:
        for precision in PRECISIONS[device]:
            for suffix, *ways, other in COMPARISONS:
                arguments = (network, precision, str(STEPS[device][network]))
                present = [way for way in ways if way != "torch" or torch_is_installed()]
                found = alternate({way: partial(_images_per_second, way, *arguments) for way in present}, repeats)
                ours, theirs = (found.get(way, ()) for way in ways)
                yield make_row(f"{network}{suffix}, {precision}, batch {BATCH_SIZE}", "images/s", ours, other, theirs)


def torch_is_installed() -> bool:
    """Whether PyTorch is installed."""
    return importlib.util.find_spec("torch") is not None


def _seconds(command: str) -> float:
    begin = time.monotonic()
    Workspace(ROOT).check_output(*command.split())
    return time.monotonic() - begin


def _images_per_second(*arguments: str) -> float:
    printed = Workspace(ROOT).check_output("python", "-m", "tools.bench.steps", *arguments)
    return float(json.loads(printed.splitlines()[-1]))
