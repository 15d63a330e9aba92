"""Convolutions computed in the cheapest way for their sizes, on a processor."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from models.ops import winograd

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

MIN_CHANNELS = 256  # channels and filters, from which on Winograd's transforms cost little beside the products
MIN_SPEEDUP = 2.5  # times fewer multiplications, from which on they pay


def use_fast_convolutions(model: "keras.Model") -> None:
    """Let `model` compute its convolutions in other ways than TensorFlow's, where these are cheaper on a processor.

    Outputs and gradients are the same, to rounding; what is saved is, too. Layers have stride 1 and no padding.
    """
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            way = fastest_convolution(layer.input.shape[1:3], layer.kernel.shape, layer.compute_dtype)
            if way:
                layer.convolution_op = way


def fastest_convolution(image: tuple[int, int], kernel: tuple[int, int, int, int], dtype: str) -> Callable | None:
    """The way to convolve an `image`, (height, width), with a `kernel` of that shape; None for TensorFlow's.

    Winograd's for wide layers in float32, as its sums in half precision round too much; one product where a kernel has
    few places to go: there the work is in the kernel's numbers, which TensorFlow rearranges first.
    """
    size, _, channels, filters = kernel
    high, wide = (side - size + 1 for side in image)
    if dtype == "float32" and size in winograd.KERNEL_SIZES and min(channels, filters) >= MIN_CHANNELS:
        _, down, across = winograd.tile_counts(high, wide, size)
        if high * wide * size**2 >= MIN_SPEEDUP * down * across * winograd.TILE_SIZE**2:
            return winograd.winograd_conv
    return im2col_conv if max(high, wide) <= size + 1 else None


def im2col_conv(inputs: "tf.Tensor", kernel: "keras.Variable") -> "tf.Tensor":
    """Convolve `inputs`, (N, height, width, channels), with `kernel`, (height, width, channels, filters): one product.

    What the kernel sees from each place is a row of the left matrix, (places, height · width · channels).
    """
    import keras

    rows, columns, channels, filters = kernel.shape
    height, width = inputs.shape[1] - rows + 1, inputs.shape[2] - columns + 1
    seen = [inputs[:, i : i + height, j : j + width] for i in range(rows) for j in range(columns)]
    seen = keras.ops.reshape(keras.ops.concatenate(seen, axis=-1), (-1, rows * columns * channels))
    outputs = keras.ops.matmul(seen, keras.ops.reshape(kernel, (-1, filters)))
    return keras.ops.reshape(outputs, (-1, height, width, filters))
