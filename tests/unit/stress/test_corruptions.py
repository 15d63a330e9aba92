"""The corruptions of digits: the same bytes on any machine, three severities each, and digits that stay readable."""

import hashlib

import numpy as np
import pytest

from pipeline import corrupt
from pipeline.core.paths import ROOT
from pipeline.raw import idx
from pipeline.stress import corruptions
from pipeline.stress.corruptions import CORRUPTIONS, SEVERITIES

IMAGES = idx.read_images(ROOT / "tests/data/t10k-images-idx3-ubyte")
LABELS = idx.read_labels(ROOT / "tests/data/t10k-labels-idx1-ubyte")
MNIST_C = {"translate", "rotate", "scale", "shear", "impulse_noise"}  # the names that both have


def all_of(count: int) -> np.ndarray:
    """Each corruption and severity of the first images, uint8 (M, 3, count, 28, 28)."""
    made = [
        corruptions.corrupt(IMAGES[image, ..., 0], name, severity, np.random.default_rng([image, severity]))
        for name in CORRUPTIONS
        for severity in range(1, SEVERITIES + 1)
        for image in range(count)
    ]
    return np.stack(made).reshape(len(CORRUPTIONS), SEVERITIES, count, 28, 28)


def test_the_bytes_are_those_of_every_machine() -> None:
    """A digest of the arrays, not of the file: it rests on the locked versions of NumPy, SciPy and scikit-image."""
    made = corrupt.corrupted(IMAGES, LABELS, 2, [2018, 0])
    digest = hashlib.sha256(b"".join(made[name].astype("<i8").tobytes() for name in ("images", "labels", "index")))
    assert digest.hexdigest() == "ebc551b706010907e91ba8cee4509613b6026ce48621e2c65ce9873da8a34224"


def test_no_pixel_depends_on_the_last_bits_of_a_float(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2.4 million pixels of the project's corrupted digits, none is nearer to a half than 3e-7.

    One kind may be: with uneven light, pixels on a diagonal, of which the digits here have one after the sixtieth.
    """
    expected, quantize = all_of(60), corruptions.quantize
    for error in (-1e-9, 1e-9):
        monkeypatch.setattr(corruptions, "quantize", lambda values, error=error: quantize(values + error))
        np.testing.assert_array_equal(all_of(60), expected)


def test_names_are_those_of_mnist_c_where_it_has_the_same() -> None:
    assert set(CORRUPTIONS) >= MNIST_C


def test_a_higher_severity_changes_more() -> None:
    made = all_of(30).astype(float)
    changed = np.abs(made - IMAGES[:30, ..., 0]).mean(axis=(2, 3, 4))
    assert (np.diff(changed, axis=1) > 0).all(), dict(zip(CORRUPTIONS, changed.round(1).tolist(), strict=True))


def test_ink_stays_where_nothing_covers_it() -> None:
    """A person reads what correlates with the original: all but what is moved, turned or shrunk does."""
    moved = ("translate", "rotate", "scale", "shear", "elastic")
    for name, made in zip(CORRUPTIONS, all_of(20), strict=True):
        if name not in moved:
            for image, original in zip(made[-1], IMAGES[:20, ..., 0], strict=True):
                assert np.corrcoef(image.ravel(), original.ravel())[0, 1] > 0.5, name


def test_thin_strokes_are_never_broken() -> None:
    line = np.zeros((28, 28), np.uint8)
    line[4:24, 13:15] = 255
    made = corruptions.corrupt(line, "thin", 3, np.random.default_rng(0))
    assert (made.max(axis=1)[6:22] == 255).all()
    assert made.sum() < line.sum()


def test_contrast_by_hand() -> None:
    made = corruptions.corrupt(np.full((28, 28), 200, np.uint8), "contrast", 2, np.random.default_rng(0))
    assert np.unique(made).tolist() == [73]  # 0.367 × 200 = 73.4


def test_every_digit_comes_as_often_in_the_first_few_images_of_all_corruptions() -> None:
    labels = np.repeat(np.arange(10, dtype=np.uint8), 60)
    chosen = corrupt.choose(labels, 39, 50, [1, 0])
    for first in (5, 50):
        counts = np.bincount(labels[chosen[:, :first]].ravel(), minlength=10)
        assert np.ptp(counts) <= 2
    assert all(len(set(row)) == 50 for row in chosen.tolist())
    assert len(np.unique(chosen)) <= corrupt.POOL


def test_splits_are_corrupted_from_different_seeds() -> None:
    first, second = (corrupt.corrupted(IMAGES, LABELS, 1, [2018, number]) for number in range(2))
    assert not np.array_equal(first["index"], second["index"])
