"""Batch normalisation that trains in one operation instead of Keras' dozen."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


@cache
def fused_batch_normalization() -> type:
    """A subclass of Keras' BatchNormalization that trains on images with TensorFlow's fused operation.

    Its values equal those of Keras' layer up to rounding; batch statistics are float32 in every precision. Devices
    that train in step share the moving averages; with Keras' layer, each device has its own. A model with this layer
    must not be saved: files hold Keras' own classes only, so that loading one executes no custom code.
    """
    import keras
    import tensorflow as tf

    class BatchNormalization(keras.layers.BatchNormalization):
        """Keras' BatchNormalization, with the fused operation for training on 4-D inputs."""

        def add_weight(self, *args: Any, trainable: bool = True, **options: Any) -> "keras.Variable":
            """Add a weight; updates of one that is not trained are averaged over the devices."""
            options["aggregation"] = "none" if trainable else "mean"
            return super().add_weight(*args, trainable=trainable, **options)

        def call(self, inputs: tf.Tensor, training: bool | None = None, mask: None = None) -> tf.Tensor:
            """Normalise `inputs`, (N, height, width, channels) or (N, channels); update the averages when training."""
            if not training or len(inputs.shape) != 4:
                return super().call(inputs, training=training, mask=mask)
            outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
                inputs, self.gamma, self.beta, epsilon=self.epsilon
            )
            count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], variance.dtype)
            variance *= (count - 1) / count  # the operation returns the sample variance, Keras keeps the population's
            for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
                average.assign(average * self.momentum + value * (1 - self.momentum))
            return outputs

    return BatchNormalization
