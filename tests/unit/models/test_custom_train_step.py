"""One training step of the largest network, compiled as for a training; a whole epoch would take minutes."""

import math

import keras
import numpy as np
import pytest

from models.ops import convolution
from pipeline import train
from pipeline.config import params
from pipeline.training.optimizers import compile_model
from pipeline.training.weight_statistics import layer_kernels


@pytest.mark.slow
def test_custom_train_step() -> None:
    run = params.load_params().run("custom-dropout")
    keras.utils.set_random_seed(1)
    model = train.build_run_model(run, fused=True)
    convolution.use_fast_convolutions(model)
    compile_model(model, run.train)
    before = {name: kernel.copy() for name, kernel in layer_kernels(model).items()}
    images = np.random.default_rng(1).integers(0, 256, (2, 28, 28, 1)).astype(np.uint8)
    loss = model.train_on_batch(images, np.array([3, 8]))[0]
    assert math.isfinite(loss)
    assert list(before) == [*(f"conv{i}" for i in range(1, 8)), *(f"dense{i}" for i in range(1, 5)), "output"]
    for name, kernel in layer_kernels(model).items():
        assert not np.array_equal(kernel, before[name]), name
