"""Validate `params.yaml` and the names of runs in it: `python -m pipeline.config [RUN …]`."""

import argparse

from pipeline.config.params import load_params
from pipeline.core import errors


def main(arguments: argparse.Namespace) -> None:
    """Raise PipelineError for the first error in the file or the names."""
    params = load_params()
    for name in arguments.runs:
        params.run(name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipeline.config", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help="names that must be in `runs`")
    errors.run_command(main, parser)
