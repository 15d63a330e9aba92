"""Arrays as the batches that Keras trains on, validates on and predicts from."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

    from pipeline.schema import Protocol

VALIDATION = 200  # images in a batch of validation; eight devices share it evenly


def sizes(protocol: "Protocol") -> tuple[int, ...]:
    """Numbers of which every batch of a training and of its validation, also a last one, is a sum or a difference."""
    return protocol.batch_size, protocol.training_images, VALIDATION, protocol.validation_images


def of(size: int, *arrays: np.ndarray) -> "tf.data.Dataset":
    """Batches of `size` rows of each array, in order, the last one of what is left.

    Keras makes the same of arrays, but lets tf.data tune itself while it reads them. The thread that tunes sleeps twice
    as long each time, up to a minute, and whoever closes the data waits until it wakes.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return tf.data.Dataset.from_tensor_slices(arrays).batch(size).prefetch(2).with_options(options)
