"""Measure this project against the usual alternatives and print a table for each family of rows."""

import argparse
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from models.registry import ARCHITECTURES
from pipeline.core import errors
from pipeline.core.errors import PipelineError, did_you_mean
from tools.bench import page, speed, trainings
from tools.bench.row import Row, table

FAMILIES = {
    "train": "ours against a bare Keras script; fixed costs",
    "tracking": "ours against MLflow's own ways",
    "idle": "nothing to do",
    "speed": "images per second, against PyTorch and Keras' own layers",
}


def main(arguments: argparse.Namespace) -> None:
    """Measure the named families of rows, print a table of each, and save them if asked to."""
    for name in arguments.rows:
        if name not in FAMILIES:
            raise PipelineError(f"row {name!r} is unknown{did_you_mean(name, FAMILIES)}")
    if min(arguments.repeats, arguments.images, arguments.epochs - 1) < 1:
        raise PipelineError("--repeats and --images must be at least 1, --epochs at least 2")
    hardware, families = page.detect_hardware(), {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for family in arguments.rows or FAMILIES:
            print(f"{family}: {FAMILIES[family]} …", file=sys.stderr, flush=True)
            families[family] = list(measure(family, arguments, Path(folder), "gpu" if hardware["gpus"] else "cpu"))
            print(table(families[family]), flush=True)
    if arguments.write:
        page.save(families, hardware, shlex.join(["python", "-m", "tools.bench", *sys.argv[1:]]))
        print(f"Written: {page.PAGE}")


def measure(family: str, arguments: argparse.Namespace, folder: Path, device: str) -> Iterator[Row]:
    """The rows of a family; `folder` is for clones, `device` is "cpu" or "gpu"."""
    if family == "idle":
        yield from speed.idle_rows(arguments.repeats)
    elif family == "speed":
        if not speed.torch_is_installed():
            print("PyTorch is not installed and not compared; `make .venv/bench` installs it", file=sys.stderr)
        yield from speed.speed_rows(list(ARCHITECTURES), arguments.repeats, device)
    else:
        for network in arguments.networks:
            bench = trainings.Bench(folder / f"{family}-{network}", network, arguments.epochs, arguments.images)
            yield from trainings.rows(family, bench, arguments.repeats)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(FAMILIES)}; all by default")
    parser.add_argument("--repeats", type=int, default=3, help="of each side; the median counts (default: 3)")
    parser.add_argument("--networks", nargs="+", choices=list(ARCHITECTURES), default=["lenet"], help="to train")
    parser.add_argument("--epochs", type=int, default=4, help="of a training, the first left out (default: 4)")
    parser.add_argument("--images", type=int, default=6400, help="of an epoch (default: 6400)")
    parser.add_argument("--write", action="store_true", help="save it in docs/performance.md too")
    errors.run_command(main, parser)
