"""Convolution with fewer multiplications: Winograd's minimal filtering, as Lavin & Gray (2016) apply it to networks."""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

TILE_SIZE = 6  # pixels a side: larger ones save more, and round more
INTERPOLATION_POINTS = (
    0,
    1,
    -1,
    2,
    -1 / 2,
)  # and infinity: where polynomials are evaluated; ±2 rounds half as much again
KERNEL_SIZES = (3, 4)  # of kernels, for which a tile reaches no further than its neighbour


def winograd_conv(inputs: "tf.Tensor", kernel: "keras.Variable | tf.Tensor") -> "tf.Tensor":
    """Convolve `inputs`, (N, height, width, channels), with `kernel`, (size, size, channels, filters); no padding.

    One product of matrices for each of a tile's 36 values: the inputs' of all tiles, (tiles, channels), by the
    kernel's, (channels, filters). Their sums are the tile's (7 − size)² outputs.
    """
    import tensorflow as tf

    size, _, channels, filters = kernel.shape
    high, wide = inputs.shape[1] - size + 1, inputs.shape[2] - size + 1
    step, down, across = tile_counts(high, wide, size)
    of_outputs, of_kernel, of_inputs = (tf.constant(matrix, inputs.dtype) for matrix in transform_matrices(size))

    seen = of_inputs @ _extract_tiles(inputs, step, down, across)
    kernels = of_kernel @ tf.reshape(kernel, (size * size, -1))
    sums = tf.reshape(seen, (TILE_SIZE**2, -1, channels)) @ tf.reshape(kernels, (TILE_SIZE**2, channels, filters))
    outputs = tf.reshape(of_outputs @ tf.reshape(sums, (TILE_SIZE**2, -1)), (step, step, -1, down, across, filters))
    outputs = tf.reshape(tf.transpose(outputs, (2, 3, 0, 4, 1, 5)), (-1, down * step, across * step, filters))
    return outputs[:, :high, :wide]


def tile_counts(high: int, wide: int, size: int) -> tuple[int, int, int]:
    """The outputs along a tile's side, and how many tiles down and across make `high` × `wide` outputs."""
    step = TILE_SIZE - size + 1
    return step, math.ceil(high / step), math.ceil(wide / step)


def _extract_tiles(inputs: "tf.Tensor", step: int, down: int, across: int) -> "tf.Tensor":
    """The inputs of tiles that begin `step` pixels apart, (36, N · down · across · channels), zeros beyond the edge.

    A tile is a block of `step` pixels a side and the first pixels of the blocks after it.
    """
    import tensorflow as tf

    _, height, width, channels = inputs.shape
    below, beside = (down + 1) * step - height, (across + 1) * step - width
    padded = tf.pad(inputs, ((0, 0), (0, below), (0, beside), (0, 0)))
    blocks = tf.reshape(padded, (-1, down + 1, step, across + 1, step, channels))
    more = TILE_SIZE - step
    rows = tf.concat([blocks[:, :-1], blocks[:, 1:, :more]], axis=2)
    seen = tf.concat([rows[:, :, :, :-1], rows[:, :, :, 1:, :more]], axis=4)
    return tf.reshape(tf.transpose(seen, (2, 4, 0, 1, 3, 5)), (TILE_SIZE**2, -1))


def transform_matrices(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matrices of outputs, kernel and inputs, float64, of shapes ((7 − size)², 36), (36, size²) and (36, 36).

    Along one side, polynomials with 7 − size and `size` coefficients are multiplied by their values at 6 points; the
    convolution is that multiplication transposed. Kronecker's product makes both sides of it.
    """
    outputs, kernel, inputs = (
        _evaluation_matrix(TILE_SIZE - size + 1).T,
        _evaluation_matrix(size),
        np.linalg.inv(_evaluation_matrix(TILE_SIZE)).T,
    )
    return tuple(np.kron(matrix, matrix) for matrix in (outputs, kernel, inputs))


def _evaluation_matrix(coefficients: int) -> np.ndarray:
    """The matrix that takes a polynomial's coefficients, lowest first, to its values; at infinity, its highest."""
    return np.vstack([np.vander(INTERPOLATION_POINTS, coefficients, increasing=True), np.eye(coefficients)[-1]])
