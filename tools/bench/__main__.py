"""Measure this project against the usual alternatives and print a table for each family of rows."""

import argparse
import json
import shlex
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from models.registry import ARCHITECTURES
from pipeline.core import errors
from pipeline.core.errors import PipelineError, did_you_mean
from pipeline.core.paths import ROOT
from pipeline.reporting.environment import machine
from tools.bench.steps import BATCH_SIZE
from tools.bench.table import Row, alternate, heading, make_row, table
from tools.bench.trainings import COMPARISONS, Bench, rows
from tools.workspace import Workspace

FAMILIES = {
    "train": "ours against a bare Keras script; fixed costs",
    "tracking": "ours against MLflow's own ways",
    "speed": "images per second, against Keras' own layers",
}
STEPS = {"cpu": {"lenet": 20, "vgg": 12, "custom": 2}, "gpu": {"lenet": 400, "vgg": 400, "custom": 50}}
PRECISIONS = {"cpu": ("float32", "mixed_bfloat16"), "gpu": ("float32", "mixed_bfloat16", "mixed_float16")}
DETECT = """
import dataclasses, json
from pipeline.runtime.session import detect_hardware, import_tensorflow
print(json.dumps(dataclasses.asdict(detect_hardware(import_tensorflow())), default=sorted))
"""


def main(arguments: argparse.Namespace) -> None:
    """Measure the named families of rows and print them as a section of docs/performance.md."""
    for name in arguments.rows:
        if name not in FAMILIES:
            raise PipelineError(f"row {name!r} is unknown{did_you_mean(name, FAMILIES)}")
    if min(arguments.repeats, arguments.images, arguments.epochs - 1) < 1:
        raise PipelineError("--repeats and --images must be at least 1, --epochs at least 2")
    # in another process, since TensorFlow would keep the GPU's memory in this one
    hardware = json.loads(Workspace(ROOT).check_output("python", "-c", DETECT).splitlines()[-1])
    print(f"## {machine({'hardware': hardware})}\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for family in arguments.rows or FAMILIES:
            print(f"{family}: {FAMILIES[family]} …", file=sys.stderr, flush=True)
            if family in COMPARISONS:
                bench = Bench(Path(folder) / family, arguments.network, arguments.epochs, arguments.images)
                measured = rows(family, bench, arguments.repeats)
            else:
                measured = speed_rows(arguments.repeats, "gpu" if hardware["gpus"] else "cpu")
            command = shlex.join(["python", "-m", "tools.bench", *sys.argv[1:]])
            print(f"### {family}\n\n{heading(command)}\n\n{table(list(measured))}\n", flush=True)


def speed_rows(repeats: int, device: str) -> Iterator[Row]:
    """Two rows for each network and precision; `device` is "cpu" or "gpu"."""
    for network, steps in STEPS[device].items():
        for precision in PRECISIONS[device]:
            for suffix, option in (("", ()), (" with batch normalisation", ("--batch-norm",))):
                arguments = (network, precision, str(steps), *option)
                sides = {side: partial(images_per_second, side, *arguments) for side in ("ours", "keras")}
                what = f"{network}{suffix}, {precision}, batch {BATCH_SIZE}"
                ours, theirs = alternate(sides, repeats).values()
                yield make_row(what, "images/s", ours, "Keras' own layers and Adam", theirs)


def images_per_second(*arguments: str) -> float:
    """Run `tools.bench.steps` with these arguments."""
    return float(Workspace(ROOT).check_output("python", "-m", "tools.bench.steps", *arguments).splitlines()[-1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(FAMILIES)}; all by default")
    parser.add_argument("--repeats", type=int, default=3, help="of each side; the median counts (default: 3)")
    parser.add_argument("--network", choices=list(ARCHITECTURES), default="lenet", help="to train (default: lenet)")
    parser.add_argument("--epochs", type=int, default=4, help="of a training, the first left out (default: 4)")
    parser.add_argument("--images", type=int, default=6400, help="of an epoch (default: 6400)")
    errors.run_command(main, parser)
