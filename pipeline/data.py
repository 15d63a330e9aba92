"""How the later stages read the prepared images."""

from pathlib import Path

import numpy as np

from pipeline.errors import PipelineError
from pipeline.files import ROOT, read_json, sha256
from pipeline.params import Run

PROCESSED = ROOT / "data/processed"
REMEDY = "run `dvc checkout`, or `dvc repro --force preprocess`"


def load(split: str, folder: Path = PROCESSED) -> tuple[np.ndarray, np.ndarray]:
    """The images, uint8 (N, 28, 28, 1), and labels, uint8 (N,), of "train", "validation" or "test".

    Any first n of "train" and "validation" are a random sample; "test" is in the official order.
    Raises PipelineError if the file is missing or not the one that the data card describes.
    """
    expected = _digest(folder / "card.json", split)
    path = folder / f"{split}.npz"
    if not path.is_file():
        raise PipelineError(f"{path}: not found; {REMEDY}")
    found = sha256(path)
    if found != expected:
        raise PipelineError(f"{path}: damaged, SHA-256 {found}, expected {expected}; {REMEDY}")
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]


def training_images(run: Run) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The images that the protocol trains on and validates on, by split.

    Where the test set is the validation data, the held-out images join the training set.
    """
    protocol = run.protocol
    images, labels = load("train")
    if protocol.validation_data == "test":
        held_out = load("validation")
        images, labels = np.concatenate([images, held_out[0]]), np.concatenate([labels, held_out[1]])
    validation = load(protocol.validation_data)
    for name, wanted, found in (
        ("training_images", protocol.training_images, len(images)),
        ("validation_images", protocol.validation_images, len(validation[0])),
    ):
        if wanted > found:
            raise PipelineError(
                f"params.yaml: runs.{run.name}: {name} is {wanted}, but there are only {found}; lower it"
            )
    count = protocol.training_images
    return {
        "train": (images[:count], labels[:count]),
        "validation": tuple(array[: protocol.validation_images] for array in validation),
    }


def _digest(card: Path, split: str) -> str:
    try:
        digests = {name: described["sha256"] for name, described in read_json(card)["splits"].items()}
    except FileNotFoundError:
        raise PipelineError(f"{card}: not found; {REMEDY}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PipelineError(f"{card}: damaged, {type(error).__name__}: {error}; {REMEDY}") from None
    if split not in digests:
        raise PipelineError(f"{card}: no split {split!r}, known: {', '.join(digests)}")
    return digests[split]
