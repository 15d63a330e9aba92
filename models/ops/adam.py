"""Adam that updates each variable in one operation instead of Keras' dozen."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf


@cache
def fused_adam() -> type:
    """A subclass of Keras' Adam (Kingma & Ba, 2015) that updates with TensorFlow's fused operation; without AMSGrad.

    Its values equal those of Keras' Adam up to rounding, and it has the same variables.
    """
    import keras
    import tensorflow as tf

    class Adam(keras.optimizers.Adam):
        """Keras' Adam, computed by `ResourceApplyAdam`."""

        def update_step(self, gradient: "tf.Tensor", variable: "tf.Variable", learning_rate: "tf.Tensor") -> None:
            """Update `variable` and its two moments."""
            index = self._get_variable_index(variable)
            steps = tf.cast(self.iterations.value + 1, variable.dtype)
            beta_1, beta_2 = (tf.constant(beta, variable.dtype) for beta in (self.beta_1, self.beta_2))
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self._momentums[index].value.handle,
                v=self._velocities[index].value.handle,
                beta1_power=tf.pow(beta_1, steps),
                beta2_power=tf.pow(beta_2, steps),
                lr=tf.cast(learning_rate, variable.dtype),
                beta1=beta_1,
                beta2=beta_2,
                epsilon=self.epsilon,
                grad=tf.cast(gradient, variable.dtype),
            )

    return Adam
