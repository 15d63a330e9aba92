"""Batch normalisation that trains in one operation; Keras' own layer makes a dozen passes over the values."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


@cache
def fused_batch_normalization() -> type:
    """Keras' layer of batch normalisation, but for the way its training step over images is computed.

    The values are those of the layer that it stands for, to rounding; its statistics are float32 in every precision.
    Several devices that train in step share the moving averages, which Keras' layer leaves to each.
    A model to be saved must be built of Keras' own, since loading a file executes no class of ours.
    """
    import keras
    import tensorflow as tf

    class BatchNormalization(keras.layers.BatchNormalization):
        """The same, with TensorFlow's fused operation where it has one: training, with height and width."""

        def add_weight(self, *args: Any, trainable: bool = True, **options: Any) -> "keras.Variable":
            """A weight whose devices, if it is not trained, all take the mean of what each would make it."""
            options["aggregation"] = "none" if trainable else "mean"
            return super().add_weight(*args, trainable=trainable, **options)

        def call(self, inputs: tf.Tensor, training: bool | None = None, mask: None = None) -> tf.Tensor:
            """Normalise `inputs`, (N, height, width, channels) or (N, channels), and keep the moving averages."""
            if not training or len(inputs.shape) != 4:
                return super().call(inputs, training=training, mask=mask)
            outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
                inputs, self.gamma, self.beta, epsilon=self.epsilon
            )
            count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], variance.dtype)
            variance *= (count - 1) / count  # the operation's is of a sample, Keras' of a population
            for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
                average.assign(average * self.momentum + value * (1 - self.momentum))
            return outputs

    return BatchNormalization
