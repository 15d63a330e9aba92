"""Measure this project against what people would otherwise do, and print the table."""

import argparse
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from models.registry import ARCHITECTURES
from pipeline.core import errors
from pipeline.core.errors import PipelineError, did_you_mean
from tools.bench import growth, idle, page, speed, trainings
from tools.bench.row import Row, table

FAMILIES = {
    "train": "ours against a bare Keras script; fixed costs",
    "tracking": "ours against MLflow's own ways",
    "idle": "nothing to do",
    "speed": "images per second, beside PyTorch",
    "growth": "many runs",
}


def main(arguments: argparse.Namespace) -> None:
    """Measure the families that were asked for, a line of progress each; print the table, or write the page too."""
    for name in arguments.rows:
        if name not in FAMILIES:
            raise PipelineError(f"row {name!r} is unknown{did_you_mean(name, FAMILIES)}")
    hardware = page.hardware()
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for family in arguments.rows or FAMILIES:
            begin = time.monotonic()
            print(f"{family}: {FAMILIES[family]} …", file=sys.stderr, flush=True)
            rows += measure(family, arguments, Path(folder), "gpu" if hardware.gpus else "cpu")
            print(f"{family}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    print(table(rows))
    if arguments.write:
        command = shlex.join(["python", "-m", "tools.bench", *sys.argv[1:]])
        page.write(rows, hardware, command)
        print(f"Written: {page.NAME}")


def measure(family: str, arguments: argparse.Namespace, folder: Path, device: str) -> Iterator[Row]:
    """The rows of a family."""
    repeats = arguments.repeats
    if family in ("train", "tracking"):
        what = trainings.epochs if family == "train" else trainings.tracking
        for name in arguments.networks:
            bench = trainings.Bench(folder / f"{family}-{name}", name, arguments.epochs, arguments.images)
            yield from what(bench, repeats, name)
    elif family == "idle":
        yield from idle.nothing_to_do(repeats)
        yield from idle.imports()
    elif family == "speed":
        if not speed.torch_is_here():
            print(speed.MISSING, file=sys.stderr)
        yield from speed.rows(list(ARCHITECTURES), repeats, device)
    else:
        yield from growth.rows(folder, arguments.sizes)


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is too few, at least {least}")
        return int(text)

    return number


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(FAMILIES)}; all by default")
    parser.add_argument("--repeats", type=_at_least(1), default=3, help="of each side, medians count (default: 3)")
    parser.add_argument("--networks", nargs="+", choices=list(ARCHITECTURES), default=["lenet"], help="to train")
    parser.add_argument("--epochs", type=_at_least(2), default=4, help="of a training, the first left out (default: 4)")
    parser.add_argument("--images", type=_at_least(1), default=6400, help="of an epoch (default: 6400)")
    parser.add_argument("--sizes", nargs="+", type=_at_least(1), default=[10, 100, 1000], help="of runs, for growth")
    parser.add_argument("--write", action="store_true", help="keep it in docs/performance.md too")
    errors.run_command(main, parser)
