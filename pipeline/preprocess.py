"""Parse the raw idx files into training, validation and test splits, with a data card."""

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from models.constants import NUM_CLASSES
from pipeline.config.params import load_params
from pipeline.config.schema import PreprocessConfig
from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256
from pipeline.core.paths import PARAMS_FILE, PROCESSED, RAW
from pipeline.formats.tables import write_arrays, write_json
from pipeline.raw import idx

TRAINING = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")

Arrays = tuple[np.ndarray, np.ndarray]  # images, uint8 (N, 28, 28, 1), and labels, uint8 (N,)


def preprocess(config: PreprocessConfig, raw: Path, processed: Path) -> None:
    """Write the splits and, last, `card.json` with their digests.

    Everything is read and checked first, so a PipelineError leaves `processed` as it was.
    """
    images, labels = _read(raw, TRAINING)
    train, validation = split_indices(labels, config)
    splits = {
        "train": (images[train], labels[train]),
        "validation": (images[validation], labels[validation]),
        "test": _read(raw, TEST),
    }
    for name, (images, labels) in splits.items():
        write_arrays(processed / f"{name}.npz", images=images, labels=labels)
    write_json(processed / "card.json", _card(raw, processed, splits))


def split_indices(labels: np.ndarray, config: PreprocessConfig) -> Arrays:
    """Indices of the training and the held-out images, stratified by digit; the same for the same `config`.

    Both stay in the split's shuffled order, so any first n of them are a random sample: a protocol may use fewer
    images than there are.
    """
    wanted, least = config.validation_images, NUM_CLASSES
    if not least <= wanted <= len(labels) - least:
        raise PipelineError(
            f"{PARAMS_FILE}: preprocess.validation_images is {wanted}, expected {least} to {len(labels) - least}"
            f" of the {len(labels)} training images"
        )
    counts = np.bincount(labels, minlength=NUM_CLASSES)
    if counts.min() < 2:
        raise PipelineError(
            f"{TRAINING[1]}: digit {counts.argmin()} occurs {counts.min()} times, expected at least 2 to split it"
        )
    train, validation = train_test_split(
        np.arange(len(labels)), test_size=wanted, random_state=config.seed, stratify=labels
    )
    return train, validation


def pixel_statistics(images: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of all pixels, 0 to 255, to four decimals; summed as integers, so exact anywhere."""
    total = int(images.sum(dtype=np.uint64))
    squares = int(np.square(images, dtype=np.uint16).sum(dtype=np.uint64))
    variance = (images.size * squares - total**2) / images.size**2
    return round(total / images.size, 4), round(math.sqrt(variance), 4)


def _read(folder: Path, names: tuple[str, str]) -> Arrays:
    images, labels = idx.read_images(folder / names[0]), idx.read_labels(folder / names[1])
    if len(images) != len(labels):
        raise PipelineError(f"{folder / names[1]}: {len(labels)} labels, expected one for each of {len(images)} images")
    return images, labels


def _card(raw: Path, processed: Path, splits: dict[str, Arrays]) -> dict[str, Any]:
    described = {}
    for name, (images, _) in splits.items():
        mean, deviation = pixel_statistics(images)
        described[name] = {
            "images": len(images),
            "sha256": sha256(processed / f"{name}.npz"),
            "pixel_mean": mean,
            "pixel_standard_deviation": deviation,
        }
    counts = {name: np.bincount(labels, minlength=NUM_CLASSES).tolist() for name, (_, labels) in splits.items()}
    return {
        "source_digests": {name: sha256(raw / name) for name in (*TRAINING, *TEST)},
        "splits": described,
        "counts": [
            {"digit": digit, **{name: of_split[digit] for name, of_split in counts.items()}}
            for digit in range(NUM_CLASSES)
        ],
    }


def main(_: argparse.Namespace) -> None:
    """Prepare `data/raw` as `params.yaml` says."""
    preprocess(load_params().preprocess, RAW, PROCESSED)


if __name__ == "__main__":
    errors.run_command(main, argparse.ArgumentParser(description=__doc__))
