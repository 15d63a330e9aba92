"""Convolution as one matrix product, where the kernel covers most of the image that it is moved over."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


@cache
def fused() -> type:
    """Keras' layer of convolution, but for the way it is computed where a kernel has few places to go.

    There the work is in the kernel's numbers rather than in its moves, and TensorFlow's convolutions, which rearrange
    the kernel first, are slower than a product of matrices. The values are those of the layer that it stands for, to
    rounding. A model to be saved must be built of Keras' own, since loading a file executes no class of ours.
    """
    import keras

    class Conv2D(keras.layers.Conv2D):
        """The same: stride 1, no padding, channels last."""

        def convolution_op(self, inputs: "tf.Tensor", kernel: "keras.Variable") -> "tf.Tensor":
            """Convolve `inputs`, (N, height, width, channels), with `kernel`, (height, width, channels, filters)."""
            rows, columns, channels, filters = kernel.shape
            height, width = inputs.shape[1] - rows + 1, inputs.shape[2] - columns + 1
            if height > rows + 1 or width > columns + 1:
                return super().convolution_op(inputs, kernel)
            seen = [inputs[:, i : i + height, j : j + width] for i in range(rows) for j in range(columns)]
            seen = keras.ops.reshape(keras.ops.concatenate(seen, axis=-1), (-1, rows * columns * channels))
            outputs = keras.ops.matmul(seen, keras.ops.reshape(kernel, (-1, filters)))
            return keras.ops.reshape(outputs, (-1, height, width, filters))

    return Conv2D
