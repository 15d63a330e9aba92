"""A small network with every kind of layer."""

import numpy as np

from models.build import build_model
from models.layers import Conv, Dense, Dropout, Flatten, Pool

SMALL = (Conv(8, 3), Pool(), Dropout(0.5), Flatten(), Dense(16), Dropout(0.4))
PIXELS = np.random.default_rng(1).integers(0, 256, (20, 28, 28, 1), dtype=np.uint8)


def small_model(layers=SMALL, name="small", **flags):
    """A network with pooling, full dropout and no batch normalisation, unless `flags` say otherwise."""
    defaults = {"pooling": True, "dropout_scale": 1.0, "batch_norm": False}
    defaults |= {"batch_norm_momentum": 0.99, "initializer": "glorot_uniform"}
    return build_model(name, layers, **defaults | flags)


def trained_model():
    """The small network with batch normalisation, its weights and moving averages random as after a training."""
    model, rng = small_model(batch_norm=True), np.random.default_rng(2)
    model.set_weights([_weights(rng, weight.shape).astype(np.float32) for weight in model.get_weights()])
    return model


def copy_model(model):
    """Another small network with the same weights."""
    copy = small_model(batch_norm=True)
    copy.set_weights(model.get_weights())
    return copy


def predictions(model):
    """Predictions for twenty images of noise, float32 (20, 10)."""
    found = model.predict(PIXELS, verbose=0)
    assert found.dtype == np.float32
    return found


def _weights(rng, shape):
    """Kernels around 0; scales, offsets, means and variances around 1."""
    return rng.normal(0, 0.2, shape) if len(shape) > 1 else rng.uniform(0.5, 1.5, shape)
