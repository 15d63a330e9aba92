"""Optimizers and learning rates, computed by hand."""

import numpy as np
import pytest

from pipeline.config.schema import TrainConfig
from pipeline.runtime import session
from pipeline.training import optimizers

ADAM = {
    "seed": 1,
    "epochs": 2,
    "training_images": 1000,
    "validation_data": "validation",
    "validation_images": 100,
    "batch_size": 100,
    "optimizer": "adam",
    "learning_rate": 0.1,
    "schedule": "one_cycle",
    "warmup": 0.3,
    "clip_norm": 1.5,
    "initializer": "he_normal",
    "dropout_scale": 1.0,
    "batch_norm_momentum": 0.99,
    "max_shift": 0,
    "precision": "float32",
    "threads": "auto",
}
CONSTANT = {"schedule": "constant", "warmup": None}
ADADELTA = {**CONSTANT, "optimizer": "adadelta", "rho": 0.95, "epsilon": 1e-7, "clip_norm": None}


@pytest.fixture(scope="module", autouse=True)
def tensorflow():
    session.import_tensorflow()


def config(**changes):
    return TrainConfig.model_validate({**ADAM, **changes})


def rates(steps, **changes):
    rate = optimizers.make_learning_rate(config(**changes))
    return [float(rate(step)) for step in steps]


def test_one_cycle():
    """20 steps: 6 rise from 1/25 of the peak to the peak, 14 follow half a cosine down to 0."""
    assert rates([0, 3, 6, 13, 20]) == pytest.approx([0.004, 0.052, 0.1, 0.05, 0.0], abs=1e-8)
    assert rates([7, 19]) == pytest.approx([0.098746396, 0.001253604], abs=1e-8)  # 0.05 (1 ± cos(π / 14))


def test_an_incomplete_last_batch_is_a_step():
    """11 batches of 100 (the last of 1) in each of 2 epochs; half a cosine over 22 - 7 steps."""
    changes = {"training_images": 1001}
    assert rates([0, 7, 22], **changes) == pytest.approx([0.004, 0.1, 0.0], abs=1e-8)
    assert rates([21], **changes)[0] > 0.001


def test_one_cycle_without_warmup_starts_at_the_peak():
    assert rates([0, 10, 20], warmup=0) == pytest.approx([0.1, 0.05, 0.0], abs=1e-8)


def test_one_cycle_with_warmup_only():
    assert rates([0, 10, 19], warmup=1) == pytest.approx([0.004, 0.052, 0.0952], abs=1e-8)


def test_a_training_of_one_step():
    assert rates([0], epochs=1, training_images=10) == pytest.approx([0.1])


def test_adam():
    optimizer = optimizers.make_optimizer(config())
    assert type(optimizer).__name__ == "Adam"
    assert optimizer.global_clipnorm == 1.5
    assert (optimizer.clipnorm, optimizer.clipvalue) == (None, None)
    assert float(optimizer.learning_rate) == pytest.approx(0.004)


def test_adadelta():
    optimizer = optimizers.make_optimizer(config(**ADADELTA | {"rho": 0.9, "epsilon": 1e-6}, learning_rate=1.0))
    assert type(optimizer).__name__ == "Adadelta"
    assert (optimizer.rho, optimizer.epsilon, optimizer.global_clipnorm) == (0.9, 1e-6, None)
    assert float(optimizer.learning_rate) == 1.0


def test_one_step_of_adadelta_by_hand():
    """Zeiler's first step: gradient × √epsilon / √((1 − rho) gradient² + epsilon)."""
    import keras

    optimizer = optimizers.make_optimizer(config(**ADADELTA, learning_rate=1.0))
    weight = keras.Variable([1.0, 1.0])
    optimizer.apply([np.array([2.0, -0.5], np.float32)], [weight])
    assert (1 - np.asarray(weight)).tolist() == pytest.approx([1.414213e-3, -1.414199e-3], rel=1e-3)


def test_gradients_are_clipped_by_their_global_norm():
    import keras

    optimizer = optimizers.make_optimizer(config(**CONSTANT, clip_norm=1.0))
    gradients = [np.array([3.0], np.float32), np.array([4.0], np.float32)]
    clipped = optimizer._clip_gradients([keras.ops.convert_to_tensor(gradient) for gradient in gradients])
    assert [float(gradient[0]) for gradient in clipped] == pytest.approx([0.6, 0.8])


def test_models_are_compiled_for_integer_labels():
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    optimizers.compile_model(model, config())
    assert model.loss == "sparse_categorical_crossentropy"
    assert model.jit_compile is False
    logs = model.evaluate(np.ones((6, 4)), np.array([0, 1, 2, 0, 1, 2]), verbose=0, return_dict=True)
    assert logs["accuracy"] == pytest.approx(1 / 3)
