"""Classify pictures of one digit each, dark on light or light on dark, of any size and colour."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config import params
from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import run_dir
from pipeline.runtime import model_file, session
from pipeline.tracking.champion import champion_model
from tools import digit_image


def run_model_file(run: str) -> Path:
    """The file with a run's model; PipelineError if params.yaml has no such run or the file is missing."""
    path = run_dir(params.load_params().run(run).name) / "model.keras"
    if not path.is_file():
        raise PipelineError(
            f"results/runs/{run}/{path.name}: not found; run `dvc checkout`, or `make repro RUNS={run}`"
        )
    return path


def prepare(paths: list[Path]) -> tuple[dict[Path, np.ndarray], dict[Path, str]]:
    """The digits, each uint8 (28, 28, 1), and for each file that is not a picture of a digit the reason."""
    pictures, mistakes = {}, {}
    for path in dict.fromkeys(paths):
        try:
            pictures[path] = digit_image.prepare(path)
        except PipelineError as error:
            mistakes[path] = str(error)
    return pictures, mistakes


def show(found: dict[Path, np.ndarray]) -> None:
    """Print a line for each file: its name, the digit, its probability."""
    width = max(len(str(path)) for path in found)
    for path, probabilities in found.items():
        print(f"{path!s:{width}}  {probabilities.argmax()}  {probabilities.max():7.2%}")


def show_json(paths: list[Path], found: dict[Path, np.ndarray], mistakes: dict[Path, str]) -> None:
    """Print a list, an object a file: `file`, `digit`, `probability`, all ten `probabilities`; or `file`, `error`."""
    rows: list[dict[str, Any]] = []
    for path in paths:
        if path in mistakes:
            rows.append({"file": str(path), "error": mistakes[path]})
            continue
        each = found[path].tolist()
        top = max(each)
        rows.append({"file": str(path), "digit": each.index(top), "probability": top, "probabilities": each})
    print(json.dumps(rows, indent=1))


def main(arguments: argparse.Namespace) -> None:
    """Classify the files that can be read, name the others, and exit with 1 if there are any."""
    path = run_model_file(arguments.run) if arguments.run else champion_model()
    pictures, mistakes = prepare(arguments.files)
    found = {}
    if pictures:
        session.import_tensorflow()
        probabilities = model_file.load_model(path).predict(np.stack(list(pictures.values())), verbose=0)
        found = dict(zip(pictures, probabilities, strict=True))
    if arguments.json:
        show_json(arguments.files, found, mistakes)
    elif found:
        show(found)
    for mistake in mistakes.values():
        print(f"error: {mistake}", file=sys.stderr)
    if mistakes:
        sys.exit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a picture of one digit")
    parser.add_argument("--run", metavar="NAME", help="use results/runs/NAME/model.keras instead of the champion")
    parser.add_argument("--json", action="store_true", help="print JSON, with the probabilities of all ten digits")
    errors.run_command(main, parser)
