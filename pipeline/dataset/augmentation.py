"""Shuffle and augment one epoch: a pure function of seed and epoch."""

import numpy as np

from pipeline.config.schema import TrainConfig


def epoch_data(
    images: np.ndarray, labels: np.ndarray, config: TrainConfig, epoch: int
) -> tuple[np.ndarray, np.ndarray]:
    """Shuffle all images, uint8 (N, 28, 28, 1), and labels, (N,), for this epoch, and augment each image anew.

    Nothing carries over from epoch to epoch, so a resumed training sees the same order and the same augmentation.
    """
    rng = np.random.default_rng([config.seed, epoch])
    order = rng.permutation(len(images))
    shifts = rng.integers(-config.max_shift, config.max_shift + 1, (len(order), 2))
    images = images[order]
    if config.max_rotation or config.max_zoom:
        rotation, zoom = np.deg2rad(config.max_rotation or 0), config.max_zoom or 0
        angles, zooms = rng.uniform(-rotation, rotation, len(order)), rng.uniform(1 - zoom, 1 + zoom, len(order))
        images = rotate_and_zoom(images, angles, zooms)
    if config.min_contrast:
        images = fade(images, rng.integers(round(256 * config.min_contrast), 257, len(order)))
    return translate(images, shifts), labels[order]


def fade(images: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Multiply each image, uint8 (N, height, width, channels), by its factor, int (N,), in 256ths, exactly rounded."""
    scaled = images.astype(np.uint16) * factors.astype(np.uint16)[:, np.newaxis, np.newaxis, np.newaxis]
    return ((scaled + 128) >> 8).astype(np.uint8)


def rotate_and_zoom(images: np.ndarray, angles: np.ndarray, zooms: np.ndarray) -> np.ndarray:
    """Rotate each image by its angle, in radians anticlockwise, and magnify it by its zoom, about its centre.

    Images are (N, height, width, 1); interpolation is bilinear; pixels from outside the image are 0.
    """
    from scipy import ndimage  # only for protocols that rotate or zoom

    result = np.empty_like(images)
    centre = (np.array(images.shape[1:3]) - 1) / 2
    for index, (cos, sin) in enumerate(zip(np.cos(angles) / zooms, np.sin(angles) / zooms, strict=True)):
        matrix = np.array([[cos, sin], [-sin, cos]])
        offset = centre - matrix @ centre
        ndimage.affine_transform(images[index, ..., 0], matrix, offset, output=result[index, ..., 0], order=1)
    return result


def translate(images: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Translate each image, (N, height, width, channels), by its own (down, right) pixels; new pixels are 0."""
    margin = int(np.abs(shifts).max(initial=0))
    if margin == 0:
        return images
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    rows, columns = (margin - shifts).T
    return np.ascontiguousarray(np.moveaxis(windows[np.arange(len(images)), rows, columns], 1, -1))
