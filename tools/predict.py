"""Say which digit is on each picture: dark on light or light on dark, of any size and colour."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.config import params
from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import run_dir
from pipeline.runtime import model_file, session
from tools import digit_image

if TYPE_CHECKING:
    import keras


def run_model_file(run: str) -> Path:
    """The file with a run's model; PipelineError if params.yaml has no such run or the file is missing."""
    path = run_dir(params.load_params().run(run).name) / "model.keras"
    if not path.is_file():
        raise PipelineError(
            f"results/runs/{run}/{path.name}: not found; run `dvc checkout`, or `make repro RUNS={run}`"
        )
    return path


def load(path: Path | None) -> "keras.Model":
    """The model in a file, without MLflow; the champion if there is no file to load."""
    session.import_tensorflow()
    if path:
        return model_file.load_model(path)
    from pipeline.tracking import registry

    return registry.load_champion()


def prepare(paths: list[Path]) -> tuple[dict[Path, np.ndarray], dict[Path, str]]:
    """The digits, each uint8 (28, 28, 1), and for each file that is no picture of one the reason."""
    pictures, mistakes = {}, {}
    for path in dict.fromkeys(paths):
        try:
            pictures[path] = digit_image.prepare(path)
        except PipelineError as error:
            mistakes[path] = str(error)
    return pictures, mistakes


def show(found: dict[Path, np.ndarray]) -> None:
    """A line for each file: its name, the digit, and how probable the network finds it."""
    width = max(len(str(path)) for path in found)
    for path, probabilities in found.items():
        print(f"{path!s:{width}}  {probabilities.argmax()}  {probabilities.max():7.2%}")


def show_json(paths: list[Path], found: dict[Path, np.ndarray], mistakes: dict[Path, str]) -> None:
    """A list of objects, one a file: `file`, `digit`, `probability`, all ten `probabilities`; or `file`, `error`."""
    rows: list[dict[str, Any]] = []
    for path in paths:
        if path in mistakes:
            rows.append({"file": str(path), "error": mistakes[path]})
        else:
            each = found[path].tolist()
            rows.append({"file": str(path), "digit": int(found[path].argmax()), "probability": max(each)})
            rows[-1]["probabilities"] = each
    print(json.dumps(rows, indent=1))


def main(arguments: argparse.Namespace) -> None:
    """Classify what can be read, name what cannot, and exit with 1 if there was any such file."""
    path = run_model_file(arguments.run) if arguments.run else None
    pictures, mistakes = prepare(arguments.files)
    found = {}
    if pictures:
        probabilities = load(path).predict(np.stack(list(pictures.values())), verbose=0)
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
