"""Stage 2: the raw idx files become three splits of arrays, a data card and a picture of sample digits."""

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from pipeline import errors, idx, params, schema
from pipeline.data import PROCESSED
from pipeline.errors import PipelineError
from pipeline.figures.digits import save_digits
from pipeline.files import ROOT, sha256, write_arrays, write_json

RAW = ROOT / "data/raw"
TRAINING = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
SAMPLES = 10  # pictured digits of each class

Split = tuple[np.ndarray, np.ndarray]  # images, uint8 (N, 28, 28, 1), and labels, uint8 (N,)


def preprocess(settings: schema.Preprocess, raw: Path, processed: Path) -> None:
    """Write the splits, `digits.png` and, last, `card.json`, which holds the digests of the splits.

    Everything is read and checked first, so a PipelineError leaves `processed` as it was.
    """
    images, labels = _read(raw, TRAINING)
    train, validation = split(labels, settings)
    splits = {
        "train": (images[train], labels[train]),
        "validation": (images[validation], labels[validation]),
        "test": _read(raw, TEST),
    }
    for name, (images, labels) in splits.items():
        write_arrays(processed / f"{name}.npz", images=images, labels=labels)
    _picture(processed / "digits.png", *splits["train"])
    write_json(processed / "card.json", _card(raw, processed, splits))


def split(labels: np.ndarray, settings: schema.Preprocess) -> Split:
    """Indices of the training and of the held-out images, each digit in proportion; equal for equal `settings`.

    Both stay in the shuffled order of the split, so that any first n of them are a random sample: a protocol may ask
    for fewer images than there are.
    """
    wanted, least = settings.validation_images, idx.CLASSES
    if not least <= wanted <= len(labels) - least:
        raise PipelineError(
            f"{params.PARAMS}: preprocess.validation_images is {wanted}, expected {least} to {len(labels) - least}"
            f" of the {len(labels)} training images"
        )
    counts = np.bincount(labels, minlength=idx.CLASSES)
    if counts.min() < 2:
        raise PipelineError(
            f"{TRAINING[1]}: digit {counts.argmin()} occurs {counts.min()} times, expected at least 2 to split it"
        )
    train, validation = train_test_split(
        np.arange(len(labels)), test_size=wanted, random_state=settings.seed, stratify=labels
    )
    return train, validation


def statistics(images: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of all pixels, 0 to 255, to four decimals; summed as integers, so exact anywhere."""
    total = int(images.sum(dtype=np.uint64))
    squares = int(np.square(images, dtype=np.uint16).sum(dtype=np.uint64))
    variance = (images.size * squares - total**2) / images.size**2
    return round(total / images.size, 4), round(math.sqrt(variance), 4)


def _read(folder: Path, names: tuple[str, str]) -> Split:
    images, labels = idx.images(folder / names[0]), idx.labels(folder / names[1])
    if len(images) != len(labels):
        raise PipelineError(f"{folder / names[1]}: {len(labels)} labels, expected one for each of {len(images)} images")
    return images, labels


def _card(raw: Path, processed: Path, splits: dict[str, Split]) -> dict[str, Any]:
    described = {}
    for name, (images, _) in splits.items():
        mean, deviation = statistics(images)
        described[name] = {
            "images": len(images),
            "sha256": sha256(processed / f"{name}.npz"),
            "pixel_mean": mean,
            "pixel_standard_deviation": deviation,
        }
    counts = {name: np.bincount(labels, minlength=idx.CLASSES).tolist() for name, (_, labels) in splits.items()}
    return {
        "source_digests": {name: sha256(raw / name) for name in (*TRAINING, *TEST)},
        "splits": described,
        "counts": [
            {"digit": digit, **{name: of_split[digit] for name, of_split in counts.items()}}
            for digit in range(idx.CLASSES)
        ],
    }


def _picture(path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Draw the first digits of each class, one class a row."""
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:SAMPLES] for digit in range(idx.CLASSES)])
    captions = [str(digit) for digit in labels[chosen]]
    save_digits(path, images[chosen], captions, "Training images", SAMPLES)


def main(_: argparse.Namespace) -> None:
    """Prepare `data/raw` as `params.yaml` says."""
    preprocess(params.load().preprocess, RAW, PROCESSED)


if __name__ == "__main__":
    errors.run(main, argparse.ArgumentParser(description=__doc__))
