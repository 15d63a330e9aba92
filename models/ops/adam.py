"""Adam that updates each variable in one operation; Keras' own makes a dozen passes over it."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf


@cache
def fused_adam() -> type:
    """Keras' optimizer Adam (Kingma & Ba, 2015), computed by TensorFlow's operation of that name.

    The values are those of the optimizer that it stands for, to rounding, and so are its variables.
    """
    import keras
    import tensorflow as tf

    class Adam(keras.optimizers.Adam):
        """The same, without AMSGrad."""

        def update_step(self, gradient: "tf.Tensor", variable: "tf.Variable", learning_rate: "tf.Tensor") -> None:
            """Change `variable` and its two moments."""
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
