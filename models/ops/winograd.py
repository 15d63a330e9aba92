"""Winograd's minimal filtering: convolution with fewer multiplications (Lavin & Gray, 2016)."""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

TILE_SIZE = 6  # input pixels along a tile's side; larger tiles save more multiplications and round more
INTERPOLATION_POINTS = (0, 1, -1, 2, -1 / 2)  # and infinity; ±2 instead of 2 and −1/2 would round 1.5 times as much
KERNEL_SIZES = (3, 4)  # for which a tile overlaps only its direct neighbours


def winograd_conv(inputs: "tf.Tensor", kernel: "keras.Variable | tf.Tensor") -> "tf.Tensor":
    """Convolve with stride 1 and no padding.

    Tiles of 6×6 inputs and the kernel are transformed to 36 values each; for each of these, one matrix product of
    (tiles, channels) by (channels, filters). The products are transformed back to (7 − size)² outputs per tile.

    Args:
        inputs: (N, height, width, channels).
        kernel: (size, size, channels, filters), size 3 or 4.

    Returns:
        (N, height − size + 1, width − size + 1, filters).
    """
    import tensorflow as tf

    size, _, channels, filters = kernel.shape
    out_height, out_width = inputs.shape[1] - size + 1, inputs.shape[2] - size + 1
    step, rows, columns = tile_counts(out_height, out_width, size)
    to_outputs, from_kernel, from_inputs = (tf.constant(matrix, inputs.dtype) for matrix in transform_matrices(size))

    tiles = from_inputs @ _extract_tiles(inputs, step, rows, columns)
    kernels = from_kernel @ tf.reshape(kernel, (size * size, -1))
    products = tf.reshape(tiles, (TILE_SIZE**2, -1, channels)) @ tf.reshape(kernels, (TILE_SIZE**2, channels, filters))
    outputs = to_outputs @ tf.reshape(products, (TILE_SIZE**2, -1))
    outputs = tf.transpose(tf.reshape(outputs, (step, step, -1, rows, columns, filters)), (2, 3, 0, 4, 1, 5))
    return tf.reshape(outputs, (-1, rows * step, columns * step, filters))[:, :out_height, :out_width]


def tile_counts(out_height: int, out_width: int, size: int) -> tuple[int, int, int]:
    """Outputs along a tile's side, and the numbers of rows and columns of tiles that cover all outputs."""
    step = TILE_SIZE - size + 1
    return step, math.ceil(out_height / step), math.ceil(out_width / step)


def _extract_tiles(inputs: "tf.Tensor", step: int, rows: int, columns: int) -> "tf.Tensor":
    """The inputs of overlapping 6×6 tiles, `step` pixels apart: (36, N · rows · columns · channels).

    A tile is made of a block of `step`×`step` pixels and the first pixels of the blocks after it. Pixels beyond the
    image are 0.
    """
    import tensorflow as tf

    _, height, width, channels = inputs.shape
    pad_bottom, pad_right = (rows + 1) * step - height, (columns + 1) * step - width
    padded = tf.pad(inputs, ((0, 0), (0, pad_bottom), (0, pad_right), (0, 0)))
    blocks = tf.reshape(padded, (-1, rows + 1, step, columns + 1, step, channels))
    overlap = TILE_SIZE - step
    tall = tf.concat([blocks[:, :-1], blocks[:, 1:, :overlap]], axis=2)
    tiles = tf.concat([tall[:, :, :, :-1], tall[:, :, :, 1:, :overlap]], axis=4)
    return tf.reshape(tf.transpose(tiles, (2, 4, 0, 1, 3, 5)), (TILE_SIZE**2, -1))


def transform_matrices(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The transforms of outputs, kernel and inputs: float64 ((7 − size)², 36), (36, size²) and (36, 36).

    In one dimension, two polynomials with 7 − size and `size` coefficients are multiplied by multiplying their values
    at 6 points; a convolution is the transpose of this multiplication. The Kronecker product of each matrix with
    itself gives the transform in two dimensions.
    """
    matrices = (
        _evaluation_matrix(TILE_SIZE - size + 1).T,
        _evaluation_matrix(size),
        np.linalg.inv(_evaluation_matrix(TILE_SIZE)).T,
    )
    return tuple(np.kron(matrix, matrix) for matrix in matrices)


def _evaluation_matrix(coefficients: int) -> np.ndarray:
    """Maps a polynomial's coefficients, lowest first, to its values at the points; at infinity, to the highest one."""
    return np.vstack([np.vander(INTERPOLATION_POINTS, coefficients, increasing=True), np.eye(coefficients)[-1]])
