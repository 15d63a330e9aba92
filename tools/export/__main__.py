"""Write a model as LiteRT and ONNX files, and compare them with it: `make export`, or `make export RUN=NAME`."""

import argparse
import importlib.util
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.files import make_folder, sha256, write_bytes, write_text
from pipeline.core.packages import installed_version
from pipeline.core.paths import CHAMPION, ROOT, run_dir
from pipeline.dataset.splits import Split, load_split, subset_indices
from pipeline.formats.result_files import read_result
from pipeline.formats.tables import write_json
from pipeline.runtime import model_file, session
from pipeline.runtime.cores import usable_cores
from pipeline.tracking import store
from pipeline.tracking.boundary import PATIENCE, within
from pipeline.tracking.champion import champion_card, champion_model, load_champion
from pipeline.tracking.run_content import CARD, find_card
from tools.export import formats, measure
from tools.predict import run_model_file

EXPORTS = ROOT / "exports"
PACKAGES = ("onnx", "onnxruntime", "tf2onnx")  # requirements-export.in
CALIBRATION_IMAGES = 200  # the first validation images: a random sample, the same for every model
HEAD = ("format", "precision", "bytes", "ms per image", "disagreements", "errors")

Row = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A run's model, its card, and the id of its training."""

    run: str
    model: Path
    card: Path
    training_id: str


def find_source(run: str | None) -> Source:
    """The run called `run`, or the champion if None; PipelineError if its model or card is not here."""
    if run:
        model, folder = run_model_file(run), run_dir(run)
        environment = read_result(folder / "environment.json")
        training_id, card = environment["training_id"], find_card(folder, environment)
    else:
        model, champion, card = champion_model(), load_champion().champion, champion_card()
        run, training_id = champion.run, champion.training_id
    if card is None:
        remedy = "make promote" if model.parent == CHAMPION else f"dvc repro draw@{run}"
        raise PipelineError(f"{run}: it has no {CARD}, or that of another training; run `{remedy}`")
    return Source(run, model, card, training_id)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of `target` once the block has ended without error."""
    make_folder(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp") as temporary:
        made = Path(temporary) / target.name
        made.mkdir()
        yield made
        if target.exists():
            target.rename(Path(temporary) / "former")
        made.rename(target)


def test_images(count: int) -> Split:
    """The first `count` test images of those that runs are scored on, all 10,000 being the largest `count`."""
    images, labels = load_split("test")
    chosen = subset_indices(labels, count)
    return images[chosen], labels[chosen]


def export(source: Source, folder: Path, images: np.ndarray, labels: np.ndarray) -> Iterator[Row]:
    """Write every file into `folder`; yields a row about the Keras model, then one about each file.

    The files are compared on `images`, uint8 (N, 28, 28, 1), and their digits `labels`, int (N,).
    """
    calibration = load_split("validation")[0][:CALIBRATION_IMAGES]
    model, threads = model_file.load_model(source.model), usable_cores()
    with formats.working_on(source.model):
        expected = measure.digits(model.predict_on_batch, images)
        speed = measure.keras_milliseconds(source.model, images)
    yield _row("Keras", formats.FLOAT, source.model, speed, expected, expected, labels)
    for each in formats.FORMATS:
        for precision, sample in ((formats.FLOAT, None), (formats.INT, calibration)):
            path = folder / f"{source.run}-{precision}{each.suffix}"
            with formats.working_on(path):
                each.write(model, path, sample)
                found = measure.digits(each.load(path, threads), images)
                speed = measure.milliseconds(each.load(path, 1), images)
            yield _row(each.name, precision, path, speed, found, expected, labels)


def _row(
    name: str, precision: str, path: Path, speed: float, found: np.ndarray, expected: np.ndarray, labels: np.ndarray
) -> Row:
    return {
        "format": name,
        "precision": precision,
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "milliseconds": round(speed, 3),
        "disagreements": int((found != expected).sum()),
        "errors": int((found != labels).sum()),
    }


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        [row["format"], row["precision"], f"{row['bytes']:,}", f"{row['milliseconds']:.2f}"]
        + [f"{row[key]:,}" for key in ("disagreements", "errors")]
        for row in rows
    ]
    aligned = ("left", "left", *["right"] * 4)
    return tabulate(lines, HEAD, tablefmt="pipe", disable_numparse=True, colalign=aligned)


def write_tables(folder: Path, source: Source, rows: Sequence[Row], count: int) -> None:
    """Write table.md and table.json about the files in `folder`, and the model card beside them."""
    hardware = session.detect_hardware(session.import_tensorflow())
    versions = {name: installed_version(name) for name in ("tensorflow", "keras", "numpy", *PACKAGES)}
    about = {
        "run": source.run,
        "training_id": source.training_id,
        "test_images": count,
        "calibration_images": CALIBRATION_IMAGES,
        "processor": hardware.processor,
        "versions": versions,
        "files": list(rows),
    }
    write_json(folder / "table.json", about)
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    legend = (
        f"Disagreements with the Keras model, and errors: of {count:,} test images. ms per image: median processor time"
        f" of an image alone, on one thread of {hardware.processor}. int8: quantised after training, calibrated with"
        f" {CALIBRATION_IMAGES} validation images. {packages}."
    )
    write_text(folder / "table.md", f"# {source.run}, exported\n\n{table(rows)}\n\n{legend}\n")
    write_bytes(folder / CARD, source.card.read_bytes())


def log(source: Source, folder: Path) -> str:
    """Log the folder as artifacts of the training's run in MLflow; returns what was done."""
    client, experiment = store.connect()
    found = client.search_runs([experiment], f"tags.training_id = '{source.training_id}'", max_results=1)
    if not found:
        return (
            f"MLflow does not have this training of {source.run}; run `make sync`, then export again to log the files"
        )
    client.log_artifacts(found[0].info.run_id, str(folder), "exports")
    return f"logged to MLflow, in exports/ of the run {source.run}"


def main(arguments: argparse.Namespace) -> None:
    """Check what is needed, write the folder, print the table, log it."""
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise PipelineError(f"{', '.join(missing)}: not installed; `make export` installs it")
    source, rows = find_source(arguments.run), []
    images, labels = test_images(arguments.images)
    session.import_tensorflow()
    with new_folder(EXPORTS / source.run) as folder:
        for row in export(source, folder, images, labels):
            print(f"{row['format']} {row['precision']}: {row['bytes']:,} bytes, {row['errors']} errors", flush=True)
            rows.append(row)
        write_tables(folder, source, rows, len(labels))
    folder = EXPORTS / source.run
    print(f"\n{table(rows)}\n\n{folder.relative_to(ROOT)}: the files, table.md, table.json and {CARD}")
    try:
        print(within(PATIENCE, log, source, folder))
    except PipelineError as error:
        print(f"not logged to MLflow ({errors.describe(error)})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", nargs="?", help="a name in params.yaml; without it, the champion")
    parser.add_argument("--images", type=int, default=10_000, help="test images to compare on, instead of all 10,000")
    errors.run_command(main, parser)
