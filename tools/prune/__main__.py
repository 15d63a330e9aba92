"""List what nothing uses any more, with its size, then ask whether to delete it: `make prune`."""

import argparse
import sys

from pipeline.config import params
from pipeline.core import errors
from pipeline.core.paths import ROOT
from tools.prune import unused


def main(arguments: argparse.Namespace) -> None:
    """List; delete after a yes from the person or `--yes`; without a terminal to ask at, only list."""
    found = list(unused.find(ROOT, params.load_params()))
    if not found:
        print("nothing to prune")
        return
    sizes = [item.size() for item in found]
    for item, size in zip(found, sizes, strict=True):
        print(f"{megabytes(size)}  {item.what}")
    print(f"{megabytes(sum(sizes))}  in all")
    if not arguments.yes and not sys.stdin.isatty():
        print("nothing was deleted; to delete all this: make prune YES=1")
    elif arguments.yes or input("Delete all this? [y/N] ").strip().lower() in ("y", "yes"):
        shown = {item.what for item in found}
        for item in list(unused.find(ROOT, params.load_params())):  # anew: a person may take an hour to answer
            if item.what in shown:
                item.delete()
        print("deleted")
    else:
        print("nothing was deleted")


def megabytes(size: int) -> str:
    """A size in bytes as megabytes, right-aligned."""
    return f"{size / 1e6:10.1f} MB"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    errors.run_command(main, parser)
