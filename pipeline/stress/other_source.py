"""Digits of another source than MNIST: scikit-learn's `load_digits`, which 13 people wrote in Turkey.

They are the test set of Alpaydin & Kaynak (1998).
"""

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from models.constants import IMAGE_SIZE

ENLARGED = 20  # times, of 8×8 pixels
BOX = 20  # the longer side of the ink, as in MNIST (LeCun et al., 1998)
FAINT = 51  # of 255; nothing darker is taken for ink


def other_source() -> tuple[np.ndarray, np.ndarray]:
    """All 1,797 digits, enlarged and centred as `tools.predict` does; uint8 (1797, 28, 28, 1), and labels, uint8."""
    digits = load_digits()
    images = np.stack([centred(enlarged(small)) for small in digits.images])
    return images[..., np.newaxis], digits.target.astype(np.uint8)


def enlarged(small: np.ndarray) -> Image.Image:
    """An 8×8 image, float with values 0 to 16, as a smooth picture; Pillow computes it in whole numbers."""
    side = ENLARGED * len(small)
    picture = Image.fromarray(np.rint(small * (255 / 16)).astype(np.uint8))
    return picture.resize((side, side), Image.Resampling.BICUBIC)


def centred(ink: Image.Image) -> np.ndarray:
    """Scale the ink, light on black, into 20×20 pixels and centre it by its centre of mass; uint8 (28, 28)."""
    box = ink.point(lambda value: 255 * (value >= FAINT)).getbbox()
    longest = max(box[2] - box[0], box[3] - box[1])
    width, height = (max(1, round(BOX * (end - begin) / longest)) for begin, end in zip(box[:2], box[2:], strict=True))
    small = np.asarray(ink.crop(box).resize((width, height), Image.Resampling.BOX)).astype(np.int64)
    small = (small * 255 + small.max() // 2) // small.max()
    result = np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    row, column = (_begin(small.sum(axis=axis)) for axis in (1, 0))
    result[row : row + height, column : column + width] = small
    return result


def _begin(weights: np.ndarray) -> int:
    """Where the ink begins, so that its centre of mass is as near the middle, 14, as whole pixels allow."""
    total = int(weights.sum())
    twice = IMAGE_SIZE * total - 2 * int(np.arange(len(weights)) @ weights)
    return min(max((twice + total) // (2 * total), 0), IMAGE_SIZE - len(weights))
