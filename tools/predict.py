"""Classify pictures of one digit each, dark on light or light on dark, of any size and colour."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config import params
from pipeline.core import errors
from pipeline.core.errors import PipelineError, printable
from pipeline.core.paths import run_dir
from pipeline.runtime import model_file, session
from pipeline.tracking.champion import champion_model
from tools import digit_image

SURE = 0.9  # a digit of a lower probability is given with the next ones


def run_model_file(run: str) -> Path:
    """The file with a run's model; PipelineError if params.yaml has no such run or the file is missing."""
    path = run_dir(params.load_params().run(run).name) / "model.keras"
    if not path.is_file():
        raise PipelineError(
            f"results/runs/{run}/{path.name}: not found; run `dvc checkout`, or `make repro RUNS={run}`"
        )
    return path


def prepare(paths: list[Path], several: bool) -> tuple[dict[Path, list[np.ndarray]], dict[Path, str]]:
    """The digits of each file, each uint8 (28, 28, 1), and for each file that is not a picture of a digit the reason.

    Args:
        paths: The files.
        several: Whether a picture may have several digits.
    """
    pictures, mistakes = {}, {}
    for path in dict.fromkeys(paths):
        try:
            pictures[path] = digit_image.prepare_all(path) if several else [digit_image.prepare(path)]
        except PipelineError as error:
            mistakes[path] = str(error)
    return pictures, mistakes


def answer(probabilities: np.ndarray) -> str:
    """The digit, or the two most probable ones if neither is sure, from the probabilities of all ten."""
    first, second = np.argsort(-probabilities, kind="stable")[:2]
    return str(first) if probabilities[first] >= SURE else f"probably {first} or {second}"


def show(found: list[tuple[Path, np.ndarray]]) -> None:
    """Print a line for each digit: the file's name, the digit, its probability."""
    width = max(len(printable(str(path))) for path, _ in found)
    for path, probabilities in found:
        print(f"{printable(str(path)):{width}}  {answer(probabilities)}  {probabilities.max():7.2%}")


def show_json(paths: list[Path], found: list[tuple[Path, np.ndarray]], mistakes: dict[Path, str]) -> None:
    """Print a list, an object a digit: `file`, `digit`, `probability`, all ten `probabilities`; or `file`, `error`."""
    rows: list[dict[str, Any]] = []
    for path in paths:
        if path in mistakes:
            rows.append({"file": str(path), "error": mistakes[path]})
        for each in (probabilities.tolist() for file, probabilities in found if file == path):
            top = max(each)
            rows.append({"file": str(path), "digit": each.index(top), "probability": top, "probabilities": each})
    print(json.dumps(rows, indent=1))


def main(arguments: argparse.Namespace) -> None:
    """Classify the files that can be read, name the others, and exit with 1 if there are any."""
    sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may not know every letter of a file's name
    path = run_model_file(arguments.run) if arguments.run else champion_model()
    pictures, mistakes = prepare(arguments.files, arguments.all)
    digits = [(file, digit) for file, each in pictures.items() for digit in each]
    found = []
    if digits:
        session.import_tensorflow()
        answers = model_file.load_model(path).predict(np.stack([digit for _, digit in digits]), verbose=0)
        found = [(file, probabilities) for (file, _), probabilities in zip(digits, answers, strict=True)]
    if arguments.json:
        show_json(arguments.files, found, mistakes)
    elif found:
        show(found)
    for mistake in mistakes.values():
        print(f"error: {printable(mistake)}", file=sys.stderr)
    if mistakes:
        sys.exit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a picture of one digit")
    parser.add_argument("--all", action="store_true", help="read several digits in a picture, from left to right")
    parser.add_argument("--run", metavar="NAME", help="use results/runs/NAME/model.keras instead of the champion")
    parser.add_argument("--json", action="store_true", help="print JSON, with the probabilities of all ten digits")
    errors.run_command(main, parser)
