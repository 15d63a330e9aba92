"""The largest network takes one training step as trainings take it, which is all that there is time for here."""

import math

import keras
import numpy as np

from models.ops import convolution
from pipeline import train
from pipeline.config import params
from pipeline.training import optimizers


def test_custom_takes_a_step() -> None:
    run = params.load_params().run("custom-dropout")
    keras.utils.set_random_seed(1)
    model = train.build(run, fused=True)
    convolution.use_fast_convolutions(model)
    optimizers.compile_model(model, run.protocol)
    before = {
        layer.name: keras.ops.convert_to_numpy(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")
    }
    images = np.random.default_rng(1).integers(0, 256, (2, 28, 28, 1)).astype(np.uint8)
    loss = model.train_on_batch(images, np.array([3, 8]))[0]
    assert math.isfinite(loss)
    assert list(before) == [*(f"conv{i}" for i in range(1, 8)), *(f"dense{i}" for i in range(1, 5)), "output"]
    for layer in model.layers:
        if layer.name in before:
            assert not np.array_equal(keras.ops.convert_to_numpy(layer.kernel), before[layer.name]), layer.name
