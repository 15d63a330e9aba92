"""List what nothing uses any more, with its size, then ask whether to delete it: `make prune`."""

import argparse
import sys

from pipeline.config.params import load_params
from pipeline.core import errors
from pipeline.core.paths import ROOT
from tools.prune import unused


def main(arguments: argparse.Namespace) -> None:
    """List; delete with `--yes` or after a yes in the terminal."""
    found = list(unused.find(ROOT, load_params()))
    if not found:
        print("nothing to prune")
        return
    sizes = {item.what: item.size() for item in found}
    for what, size in [*sizes.items(), ("in total", sum(sizes.values()))]:
        print(f"{size / 1e6:10.1f} MB  {what}")
    if not arguments.yes:
        if not sys.stdin.isatty():
            print("nothing was deleted; to delete all this: make prune YES=1")
            return
        if input("Delete all this? [y/N] ").strip().lower() not in ("y", "yes"):
            print("nothing was deleted")
            return
        # once more, since the answer may have taken an hour
        found = [item for item in unused.find(ROOT, load_params()) if item.what in sizes]
    for item in found:
        item.delete()
    print("deleted")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    errors.run_command(main, parser)
