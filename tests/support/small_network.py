"""A small network with every kind of layer, and a short way to build it or another one."""

import numpy as np

from models import build
from models.layers import Conv, Dense, Dropout, Flatten, Pool

SMALL = (Conv(8, 3), Pool(), Dropout(0.5), Flatten(), Dense(16), Dropout(0.4))
PIXELS = np.random.default_rng(1).integers(0, 256, (20, 28, 28, 1), dtype=np.uint8)


def small_model(layers=SMALL, name="small", **flags):
    """A network with pooling, the whole dropout and no batch normalisation, unless `flags` say otherwise."""
    defaults = {"pooling": True, "dropout_scale": 1.0, "batch_norm": False}
    defaults |= {"batch_norm_momentum": 0.99, "initializer": "glorot_uniform"}
    return build.build_model(name, layers, **defaults | flags)


def weighted():
    """The small network, batch-normalised, with weights and running means as after a training."""
    made, rng = small_model(batch_norm=True), np.random.default_rng(2)
    made.set_weights([_weights(rng, weight.shape).astype(np.float32) for weight in made.get_weights()])
    return made


def copied(model):
    """Another small network with the same weights."""
    made = small_model(batch_norm=True)
    made.set_weights(model.get_weights())
    return made


def predictions(model):
    """Of twenty pictures of noise, 20×10 float32."""
    found = model.predict(PIXELS, verbose=0)
    assert found.dtype == np.float32
    return found


def _weights(rng, shape):
    """Kernels around 0; scales, offsets, means and variances around 1."""
    return rng.normal(0, 0.2, shape) if len(shape) > 1 else rng.uniform(0.5, 1.5, shape)
