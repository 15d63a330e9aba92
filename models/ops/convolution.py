"""Choose the fastest convolution algorithm for a layer's sizes on a CPU."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from models.ops import winograd

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

MIN_CHANNELS = 256  # input channels and filters from which a Winograd transform costs little next to the products
MIN_SPEEDUP = 2.5  # smallest reduction in multiplications that is worth a Winograd transform


def use_fast_convolutions(model: "keras.Model") -> None:
    """Replace the convolutions of `model` that a faster algorithm can compute on a CPU.

    Outputs and gradients equal TensorFlow's up to rounding, and the model is saved as before. Every convolution must
    have stride 1 and no padding.
    """
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            algorithm = fastest_convolution(layer.input.shape[1:3], layer.kernel.shape, layer.compute_dtype)
            if algorithm:
                layer.convolution_op = algorithm


def fastest_convolution(image: tuple[int, int], kernel: tuple[int, int, int, int], dtype: str) -> Callable | None:
    """The fastest algorithm for a convolution; None for TensorFlow's own.

    Winograd's is chosen for wide layers in float32, since its sums round too much in half precision; a single matrix
    product for outputs hardly larger than the kernel, where TensorFlow spends its time on rearranging the kernel.

    Args:
        image: Input shape (height, width).
        kernel: Kernel shape (size, size, channels, filters).
        dtype: Data type of the computation.
    """
    size, _, channels, filters = kernel
    out_height, out_width = (side - size + 1 for side in image)
    if dtype == "float32" and size in winograd.KERNEL_SIZES and min(channels, filters) >= MIN_CHANNELS:
        _, tile_rows, tile_columns = winograd.tile_counts(out_height, out_width, size)
        if out_height * out_width * size**2 >= MIN_SPEEDUP * tile_rows * tile_columns * winograd.TILE_SIZE**2:
            return winograd.winograd_conv
    return im2col_conv if max(out_height, out_width) <= size + 1 else None


def im2col_conv(inputs: "tf.Tensor", kernel: "keras.Variable") -> "tf.Tensor":
    """Convolve by one matrix product: patches, (N · positions, rows · columns · channels), by the kernel.

    Args:
        inputs: (N, height, width, channels).
        kernel: (rows, columns, channels, filters).

    Returns:
        (N, height − rows + 1, width − columns + 1, filters).
    """
    import keras

    rows, columns, channels, filters = kernel.shape
    out_height, out_width = inputs.shape[1] - rows + 1, inputs.shape[2] - columns + 1
    patches = [inputs[:, i : i + out_height, j : j + out_width] for i in range(rows) for j in range(columns)]
    patches = keras.ops.reshape(keras.ops.concatenate(patches, axis=-1), (-1, rows * columns * channels))
    outputs = keras.ops.matmul(patches, keras.ops.reshape(kernel, (-1, filters)))
    return keras.ops.reshape(outputs, (-1, out_height, out_width, filters))
