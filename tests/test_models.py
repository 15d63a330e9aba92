"""The three networks against the 2018 notebook: layers, shapes, parameters and cost, written out by hand."""

from functools import cache

import numpy as np
import pytest

import models
from models import network
from models.layers import Conv, Dense, Dropout, Flatten, Pool
from pipeline import hardware

PRINTED = {  # name, type, (filters and kernel size | rate | units), output shape
    "lenet": [
        ("conv1", "Conv2D", (256, (3, 3)), "26×26×256"),
        ("conv1_relu", "ReLU", None, "26×26×256"),
        ("pool1", "MaxPooling2D", (2, 2), "13×13×256"),
        ("dropout1", "Dropout", 0.25, "13×13×256"),
        ("conv2", "Conv2D", (128, (3, 3)), "11×11×128"),
        ("conv2_relu", "ReLU", None, "11×11×128"),
        ("pool2", "MaxPooling2D", (2, 2), "5×5×128"),
        ("dropout2", "Dropout", 0.25, "5×5×128"),
        ("flatten1", "Flatten", None, "3200"),
        ("dense1", "Dense", 128, "128"),
        ("dense1_relu", "ReLU", None, "128"),
        ("dropout3", "Dropout", 0.5, "128"),
        ("dense2", "Dense", 64, "64"),
        ("dense2_relu", "ReLU", None, "64"),
        ("dropout4", "Dropout", 0.5, "64"),
        ("output", "Dense", 10, "10"),
    ],
    "vgg": [
        ("conv1", "Conv2D", (64, (3, 3)), "26×26×64"),
        ("conv1_relu", "ReLU", None, "26×26×64"),
        ("conv2", "Conv2D", (64, (3, 3)), "24×24×64"),
        ("conv2_relu", "ReLU", None, "24×24×64"),
        ("pool1", "MaxPooling2D", (2, 2), "12×12×64"),
        ("dropout1", "Dropout", 0.5, "12×12×64"),
        ("conv3", "Conv2D", (256, (3, 3)), "10×10×256"),
        ("conv3_relu", "ReLU", None, "10×10×256"),
        ("conv4", "Conv2D", (256, (3, 3)), "8×8×256"),
        ("conv4_relu", "ReLU", None, "8×8×256"),
        ("pool2", "MaxPooling2D", (2, 2), "4×4×256"),
        ("dropout2", "Dropout", 0.5, "4×4×256"),
        ("conv5", "Conv2D", (512, (3, 3)), "2×2×512"),
        ("conv5_relu", "ReLU", None, "2×2×512"),
        ("pool3", "MaxPooling2D", (2, 2), "1×1×512"),
        ("dropout3", "Dropout", 0.5, "1×1×512"),
        ("flatten1", "Flatten", None, "512"),
        ("dense1", "Dense", 256, "256"),
        ("dense1_relu", "ReLU", None, "256"),
        ("dropout4", "Dropout", 0.5, "256"),
        ("dense2", "Dense", 128, "128"),
        ("dense2_relu", "ReLU", None, "128"),
        ("dropout5", "Dropout", 0.5, "128"),
        ("dense3", "Dense", 64, "64"),
        ("dense3_relu", "ReLU", None, "64"),
        ("dropout6", "Dropout", 0.5, "64"),
        ("output", "Dense", 10, "10"),
    ],
    "custom": [
        ("conv1", "Conv2D", (64, (3, 3)), "26×26×64"),
        ("conv1_relu", "ReLU", None, "26×26×64"),
        ("dropout1", "Dropout", 0.5, "26×26×64"),
        ("conv2", "Conv2D", (128, (3, 3)), "24×24×128"),
        ("conv2_relu", "ReLU", None, "24×24×128"),
        ("dropout2", "Dropout", 0.5, "24×24×128"),
        ("conv3", "Conv2D", (256, (3, 3)), "22×22×256"),
        ("conv3_relu", "ReLU", None, "22×22×256"),
        ("dropout3", "Dropout", 0.5, "22×22×256"),
        ("conv4", "Conv2D", (512, (3, 3)), "20×20×512"),
        ("conv4_relu", "ReLU", None, "20×20×512"),
        ("dropout4", "Dropout", 0.5, "20×20×512"),
        ("conv5", "Conv2D", (768, (4, 4)), "17×17×768"),
        ("conv5_relu", "ReLU", None, "17×17×768"),
        ("pool1", "MaxPooling2D", (2, 2), "8×8×768"),
        ("dropout5", "Dropout", 0.5, "8×8×768"),
        ("conv6", "Conv2D", (1024, (4, 4)), "5×5×1024"),
        ("conv6_relu", "ReLU", None, "5×5×1024"),
        ("dropout6", "Dropout", 0.5, "5×5×1024"),
        ("conv7", "Conv2D", (2048, (4, 4)), "2×2×2048"),
        ("conv7_relu", "ReLU", None, "2×2×2048"),
        ("pool2", "MaxPooling2D", (2, 2), "1×1×2048"),
        ("dropout7", "Dropout", 0.5, "1×1×2048"),
        ("flatten1", "Flatten", None, "2048"),
        ("dense1", "Dense", 1024, "1024"),
        ("dense1_relu", "ReLU", None, "1024"),
        ("dropout8", "Dropout", 0.4, "1024"),
        ("dense2", "Dense", 512, "512"),
        ("dense2_relu", "ReLU", None, "512"),
        ("dropout9", "Dropout", 0.4, "512"),
        ("dense3", "Dense", 256, "256"),
        ("dense3_relu", "ReLU", None, "256"),
        ("dropout10", "Dropout", 0.5, "256"),
        ("dense4", "Dense", 64, "64"),
        ("dense4_relu", "ReLU", None, "64"),
        ("dropout11", "Dropout", 0.5, "64"),
        ("output", "Dense", 10, "10"),
    ],
}
PLAIN = {"pooling": True, "dropout_scale": 0.0, "batch_norm": False}
DROPOUT = {"pooling": True, "dropout_scale": 1.0, "batch_norm": False}
BATCH_NORM = {"pooling": True, "dropout_scale": 1.0, "batch_norm": True}
NO_POOL = {"pooling": False, "dropout_scale": 0.0, "batch_norm": False}
COSTS = [  # total and trainable parameters; multiply-accumulates of one image
    ("lenet", PLAIN, 716_234, 716_234, 37_660_288),
    ("lenet", DROPOUT, 716_234, 716_234, 37_660_288),
    ("lenet", BATCH_NORM, 717_962, 716_810, 37_660_288),
    ("vgg", NO_POOL, 44_464_906, 44_464_906, 753_636_224),
    ("vgg", PLAIN, 2_128_650, 2_128_650, 79_008_640),
    ("vgg", DROPOUT, 2_128_650, 2_128_650, 79_008_640),
    ("vgg", BATCH_NORM, 2_133_450, 2_130_250, 79_008_640),
    ("custom", PLAIN, 56_753_866, 56_753_866, 2_927_244_160),
    ("custom", DROPOUT, 56_753_866, 56_753_866, 2_927_244_160),
    ("custom", BATCH_NORM, 56_773_834, 56_760_522, 2_927_244_160),
]
SMALL = (Conv(4, 3), Pool(), Dropout(0.5), Flatten(), Dense(8), Dropout(0.4))
SMALL_NAMES = ["scale", "conv1", "conv1_relu", "pool1", "dropout1", "flatten1", "dense1", "dense1_relu", "dropout2"]


def build(architecture, name="network", **flags):
    defaults = {**DROPOUT, "batch_norm_momentum": 0.99, "initializer": "glorot_uniform"}
    return network.build(name, architecture, **defaults | flags)


@pytest.fixture(scope="module", autouse=True)
def tensorflow():
    hardware.import_tensorflow()


@pytest.fixture(scope="module")
def built(tensorflow):
    """Builds each network once: `built("lenet", pooling=True, …)`."""

    @cache
    def once(name, **flags):
        return build(models.ARCHITECTURES[name], name, **flags)

    yield once
    once.cache_clear()


def test_the_study_has_three_networks():
    assert list(models.ARCHITECTURES) == ["lenet", "vgg", "custom"]


@pytest.mark.parametrize(("name", "flags", "total", "trainable", "multiply_accumulates"), COSTS)
def test_parameters_and_multiply_accumulates(built, name, flags, total, trainable, multiply_accumulates):
    model = built(name, **flags)
    rows = network.summary(model)
    assert model.count_params() == total
    assert sum(row["parameters"] for row in rows) == total
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == trainable
    assert sum(row["multiply_accumulates"] for row in rows) == multiply_accumulates


def own(layer):
    """What the table says of a layer beside its type and shape."""
    match type(layer).__name__:
        case "Conv2D":
            assert (layer.padding, layer.strides) == ("valid", (1, 1))
            return layer.filters, layer.kernel_size
        case "MaxPooling2D":
            assert (layer.padding, layer.strides) == ("valid", (2, 2))
            return layer.pool_size
        case "Dropout":
            return layer.rate
        case "Dense":
            return layer.units


@pytest.mark.parametrize("name", PRINTED)
def test_layers_and_shapes_are_those_of_the_notebook(built, name):
    model = built(name, **DROPOUT)
    rows = network.summary(model)
    found = [
        (row["layer"], row["type"], own(layer), row["output_shape"])
        for row, layer in zip(rows, model.layers, strict=True)
    ]
    assert found == [("scale", "Rescaling", None, "28×28×1"), *PRINTED[name]]
    *hidden, output = (layer for layer in model.layers if hasattr(layer, "kernel"))
    assert {layer.activation.__name__ for layer in hidden} == {"linear"}  # their ReLU is a layer of its own
    assert output.activation.__name__ == "softmax"
    assert model.name == name


@pytest.mark.parametrize("name", PRINTED)
def test_batch_normalisation_stands_between_a_layer_without_bias_and_its_relu(built, name):
    layers = built(name, **BATCH_NORM).layers
    names = [layer.name for layer in layers]
    hidden = [layer for layer in layers if hasattr(layer, "kernel") and layer.name != "output"]
    for layer in hidden:
        place = names.index(layer.name)
        assert names[place : place + 3] == [layer.name, f"{layer.name}_bn", f"{layer.name}_relu"]
        assert type(layers[place + 1]).__name__ == "BatchNormalization"
        assert not layer.use_bias
    assert [row for row in names if not row.endswith("_bn")] == ["scale", *(row[0] for row in PRINTED[name])]
    assert layers[-1].use_bias


def test_without_batch_normalisation_every_layer_has_a_bias(built):
    assert all(layer.use_bias for layer in built("vgg", **DROPOUT).layers if hasattr(layer, "kernel"))


def test_flags_leave_layers_out_and_the_others_keep_their_names():
    assert [layer.name for layer in build(SMALL).layers] == [*SMALL_NAMES, "output"]
    without_pooling = [layer.name for layer in build(SMALL, pooling=False).layers]
    assert without_pooling == [name for name in [*SMALL_NAMES, "output"] if name != "pool1"]
    without_dropout = [layer.name for layer in build(SMALL, dropout_scale=0.0).layers]
    assert without_dropout == [name for name in [*SMALL_NAMES, "output"] if not name.startswith("dropout")]


def test_names_do_not_depend_on_what_was_built_before():
    first = build(SMALL, batch_norm=True)
    again = build(SMALL, batch_norm=True)
    assert [layer.name for layer in first.layers] == [layer.name for layer in again.layers]
    assert [weight.path for weight in first.weights] == [weight.path for weight in again.weights]
    assert first.inputs[0].name == again.inputs[0].name == "pixels"


def test_dropout_scale_multiplies_the_rates():
    model = build(SMALL, dropout_scale=0.3)
    assert [model.get_layer(name).rate for name in ("dropout1", "dropout2")] == pytest.approx([0.15, 0.12])


def test_the_momentum_is_that_of_every_batch_normalisation():
    model = build(SMALL, batch_norm=True, batch_norm_momentum=0.75)
    assert [model.get_layer(name).momentum for name in ("conv1_bn", "dense1_bn")] == [0.75, 0.75]


def test_the_initializer_is_that_of_hidden_layers_only():
    model = build(SMALL, initializer="he_normal")
    names = [type(layer.kernel_initializer).__name__ for layer in model.layers if hasattr(layer, "kernel")]
    assert names == ["HeNormal", "HeNormal", "GlorotUniform"]


@pytest.mark.parametrize("name", PRINTED)
def test_raw_pixels_in_probabilities_out(built, name):
    model = built(name, **DROPOUT)
    pixels = np.random.default_rng(1).integers(0, 256, (2, 28, 28, 1), dtype=np.uint8)
    probabilities = np.asarray(model(pixels))
    assert (model.inputs[0].dtype, tuple(model.inputs[0].shape)) == ("uint8", (None, 28, 28, 1))
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (2, 10))
    assert probabilities.sum(axis=1) == pytest.approx([1, 1], abs=1e-6)
    assert probabilities.min() >= 0


def test_the_model_scales_pixels_to_between_0_and_1():
    model = build(SMALL)
    pixels = np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1) * np.ones((3, 28, 28, 1), np.uint8)
    scaled = np.asarray(model.get_layer("scale")(pixels))
    assert scaled.dtype == np.float32
    assert scaled[:, 0, 0, 0] == pytest.approx([0, 0.2, 1], abs=1e-7)
    values = scaled
    for layer in model.layers[1:]:
        values = layer(values)
    np.testing.assert_allclose(np.asarray(model(pixels)), np.asarray(values), atol=1e-6)
