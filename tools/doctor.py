"""Look for what can be wrong with this checkout, one line a check with what to do: `make doctor`."""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pipeline.core import errors
from pipeline.core.paths import ROOT
from tools.checks import cache, machine, outputs, tracked
from tools.checks.verdict import Verdict


def checks(repair: bool) -> dict[str, Callable[[Path], Verdict]]:
    """Every check by its name, in the order in which they are made."""
    return {
        "python": machine.python,
        "packages": machine.packages,
        "gpu": machine.gpu,
        "disk": machine.disk,
        "dvc.lock": outputs.lock,
        "dvc cache": partial(cache.cache, repair=repair),
        "results": outputs.results,
        "mlflow.db": tracked.database,
        "running": tracked.running,
        "left-overs": partial(tracked.leftovers, repair=repair),
    }


def examine(root: Path, repair: bool) -> Iterator[tuple[str, Verdict]]:
    """Make every check; one that cannot be made is wrong too."""
    for name, check in checks(repair).items():
        try:
            yield name, check(root)
        except Exception as error:  # of whatever damage nobody thought of; the other checks must be made
            yield name, Verdict(errors.describe(error), "mend that first")


def main(arguments: argparse.Namespace) -> None:
    """Print a line a check; exit with 1 if something is wrong."""
    wrong = 0
    for name, verdict in examine(ROOT, arguments.repair):
        wrong += bool(verdict.remedy)
        end = f"; {verdict.remedy}" if verdict.remedy else ""
        print(f"{'WRONG' if end else 'ok':5}  {name:10}  {verdict.found}{end}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repair", action="store_true", help="mend the cache, remove left-over files")
    errors.run_command(main, parser)
