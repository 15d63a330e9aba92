"""The images of one epoch: which, in what order, moved how far. A pure function of seed and epoch."""

import numpy as np

from pipeline.schema import Protocol


def arrays(images: np.ndarray, labels: np.ndarray, protocol: Protocol, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """All images, uint8 (N, 28, 28, 1), and labels (N,), in the order of this epoch, each image moved anew.

    Nothing is carried from epoch to epoch, so an interrupted training finds the same order and moves again.
    """
    rng = np.random.default_rng([protocol.seed, epoch])
    order = rng.permutation(len(images))
    shifts = rng.integers(-protocol.max_shift, protocol.max_shift + 1, (len(order), 2))
    images = images[order]
    if protocol.max_rotation or protocol.max_zoom:
        rotation, zoom = np.deg2rad(protocol.max_rotation or 0), protocol.max_zoom or 0
        angles, zooms = rng.uniform(-rotation, rotation, len(order)), rng.uniform(1 - zoom, 1 + zoom, len(order))
        images = turned(images, angles, zooms)
    return shifted(images, shifts), labels[order]


def turned(images: np.ndarray, angles: np.ndarray, zooms: np.ndarray) -> np.ndarray:
    """Turn each image, (N, height, width, 1), by its own angle, in radians anticlockwise, and enlarge it by its zoom.

    Both about the centre, bilinear; what comes in is 0.
    """
    from scipy import ndimage  # so that only who asks for it pays

    result = np.empty_like(images)
    centre = (np.array(images.shape[1:3]) - 1) / 2
    for index, (cos, sin) in enumerate(zip(np.cos(angles) / zooms, np.sin(angles) / zooms, strict=True)):
        matrix = np.array([[cos, sin], [-sin, cos]])
        offset = centre - matrix @ centre
        ndimage.affine_transform(images[index, ..., 0], matrix, offset, output=result[index, ..., 0], order=1)
    return result


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
