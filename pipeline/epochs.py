"""The images of one epoch: which, in what order, shifted how far. A pure function of seed and epoch."""

import numpy as np


def arrays(
    images: np.ndarray, labels: np.ndarray, seed: int, epoch: int, max_shift: int
) -> tuple[np.ndarray, np.ndarray]:
    """All images, uint8 (N, 28, 28, 1), and labels (N,), in the order of this epoch, each image shifted anew.

    Nothing is carried from epoch to epoch, so an interrupted training finds the same order and shifts again.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(images))
    return shifted(images[order], rng.integers(-max_shift, max_shift + 1, (len(order), 2))), labels[order]


def shifted(images: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Move each image, (N, height, width, channels), by its own (down, right) pixels; what moves in is 0."""
    margin = int(np.abs(shifts).max(initial=0))
    if margin == 0:
        return images
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    rows, columns = (margin - shifts).T
    return np.ascontiguousarray(np.moveaxis(windows[np.arange(len(images)), rows, columns], 1, -1))
