"""Check this installation and its results, one line per check with what to do: `make doctor`."""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pipeline.core import errors
from pipeline.core.paths import ROOT
from tools.checks import Verdict, cache, machine, outputs, tracked


def checks(repair: bool) -> dict[str, Callable[[Path], Verdict]]:
    """Every check by its name, in the order in which they are made."""
    return {
        "python": machine.python,
        "packages": machine.packages,
        "gpu": machine.gpu,
        "disk": machine.disk,
        "site cache": machine.site_cache,
        "git": machine.git,
        "dvc.lock": outputs.lock,
        "dvc cache": partial(cache.cache, repair=repair),
        "results": outputs.results,
        "mlflow.db": tracked.database,
        "running": tracked.running,
        "left-overs": partial(tracked.leftovers, repair=repair),
    }


def examine(root: Path, repair: bool) -> Iterator[tuple[str, Verdict]]:
    """Make every check; an exception in one is its verdict, and the others are still made."""
    for name, check in checks(repair).items():
        try:
            yield name, check(root)
        except Exception as error:  # damage of any kind; the other checks must be made
            yield name, Verdict(errors.describe(error), "repair that first")


def main(arguments: argparse.Namespace) -> None:
    """Print a line per check; exit with 1 if something is wrong."""
    wrong = False
    for name, verdict in examine(ROOT, arguments.repair):
        wrong |= bool(verdict.remedy)
        status, remedy = ("WRONG", f"; {verdict.remedy}") if verdict.remedy else ("ok", "")
        print(f"{status:5}  {name:10}  {verdict.found}{remedy}", flush=True)
    sys.exit(wrong)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repair", action="store_true", help="repair the DVC cache, delete left-over files")
    errors.run_command(main, parser)
