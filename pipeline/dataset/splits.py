"""Read the splits that preprocess wrote."""

from pathlib import Path

import numpy as np

from pipeline.config.params import Run
from pipeline.core import messages
from pipeline.core.files import sha256
from pipeline.core.paths import PROCESSED
from pipeline.formats.tables import read_json

SUBSET_SEED = 2018

Split = tuple[np.ndarray, np.ndarray]  # images, uint8 (N, 28, 28, 1), and labels, uint8 (N,)


def load_split(split: str, folder: Path = PROCESSED) -> Split:
    """The images, uint8 (N, 28, 28, 1), and labels, uint8 (N,), of "train", "validation" or "test".

    Any first n of "train" and "validation" are a random sample; "test" is in the official order.
    Raises PipelineError if the file is missing or its SHA-256 is not the data card's.
    """
    expected = _digest(folder / "card.json", split)
    path = folder / f"{split}.npz"
    if not path.is_file():
        raise messages.missing_data(path)
    found = sha256(path)
    if found != expected:
        raise messages.damaged_data(path, f"SHA-256 {found}, expected {expected}")
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]


def training_data(run: Run) -> dict[str, Split]:
    """The images that a run trains on, under "train", and validates on, under "validation".

    Where the test set is the validation data, the held-out images join the training set.
    """
    config = run.train
    images, labels = load_split("train")
    if config.validation_data == "test":
        held_out = load_split("validation")
        images, labels = np.concatenate([images, held_out[0]]), np.concatenate([labels, held_out[1]])
    validation = load_split(config.validation_data)
    for key, wanted, found in (
        ("training_images", config.training_images, len(images)),
        ("validation_images", config.validation_images, len(validation[0])),
    ):
        if wanted > found:
            raise messages.too_few_images(run.name, key, wanted, found)
    count = config.training_images
    return {
        "train": (images[:count], labels[:count]),
        "validation": (validation[0][: config.validation_images], validation[1][: config.validation_images]),
    }


def subset_indices(labels: np.ndarray, count: int) -> np.ndarray:
    """The same random, stratified `count` of the images with these labels, in ascending order; int (count,).

    Subsets are nested: a larger one contains the smaller ones, so scores of different counts have images in common.
    """
    order = np.random.default_rng(SUBSET_SEED).permutation(len(labels))
    place = np.empty(len(labels))  # of each image among those of its digit, as a fraction
    for digit in np.unique(labels):
        same = order[labels[order] == digit]
        place[same] = (np.arange(len(same)) + 0.5) / len(same)
    return np.sort(order[np.argsort(place[order], kind="stable")[:count]])


def _digest(card: Path, split: str) -> str:
    try:
        return read_json(card)["splits"][split]["sha256"]
    except FileNotFoundError:
        raise messages.missing_data(card) from None
    except (ValueError, LookupError, TypeError) as error:
        raise messages.damaged_data(card, f"{type(error).__name__}: {error}") from None
