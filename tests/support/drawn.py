"""Made-up input of the figures: two epochs, three runs, two effects, two scores, four kernels, two networks' bins."""

import numpy as np

from pipeline.figures import ablation, accuracy, all_curves, normality, reliability

HISTORY = [
    {"epoch": 1.0, "train_loss": 0.5, "train_accuracy": 0.85, "val_loss": 0.2, "val_accuracy": 0.94},
    {"epoch": 2.0, "train_loss": 0.3, "train_accuracy": 1.0, "val_loss": 0.1, "val_accuracy": 0.97},
]
PLAIN, DROPOUT, NOPOOL = (True, False, False), (True, True, False), (False, False, False)


def curves(name, architecture, flags, *seeds, size=10_000):
    """Curves of runs that saw `size` images an epoch; each of `seeds` has the validation errors of its epochs."""
    errors = np.array(seeds)
    losses = {"val_loss": errors / 40, "train_loss": errors / 20}
    images = [size * epoch for epoch in range(1, errors.shape[1] + 1)]
    measures = {"val_error": errors, "train_error": 2 * errors, **losses}
    return all_curves.Curves(name, architecture, flags, images, measures, 2e8)


def published(architecture, *errors):
    """The training curves of 2018."""
    measures = {"train_error": np.array([errors]), "train_loss": np.array([errors]) / 30}
    images = [60_000 * epoch for epoch in range(1, len(errors) + 1)]
    return all_curves.Curves(architecture, architecture, DROPOUT, images, measures, 2e8)


PUBLISHED = {"lenet": published("lenet", 15.16, 4.0)}
CURVES = [
    curves("lenet-plain", "lenet", PLAIN, (6.0, 3.0)),
    curves("lenet-dropout (2 seeds)", "lenet", DROPOUT, (5.0, 0.0), (7.0, 2.0)),
    curves("vgg-nopool", "vgg", NOPOOL, (9.0, 4.0), size=2000),
]
EFFECTS = [
    ablation.Effect("dropout: a − b", "lenet", (-0.001, -0.003, 0.001), True, "−0.10"),
    ablation.Effect("pooling: c − d", "vgg", (0.02, 0.01, 0.03), False, "+2.00 *"),
]
SCORES = [
    accuracy.Score("lenet-dropout (2 seeds)", "lenet", DROPOUT, (1.0, 0.8, 1.3), [0.9, 1.1], 0.76, 716_234, 8e12),
    accuracy.Score("custom-plain", "custom", PLAIN, (0.0, 0.0, 0.1), [0.0], None, 56_753_866, 6e14),
]
DISTANCES = [
    normality.Distances("lenet", "conv1", 0.02, 0.01),
    normality.Distances("lenet", "output", 0.06, None),
    normality.Distances("vgg", "dense1", 0.015, 0.002),
]
RELIABILITIES = [
    reliability.Reliability(
        "lenet-plain", "lenet", PLAIN, [0.0, 5.0], [(0.0, 0.0, 0.4), (6.0, 4.0, 9.0)], [90.0, 10.0]
    ),
    reliability.Reliability("b", "vgg", PLAIN, [0.02], [(0.1, 0.05, 0.2)], [100.0]),
]


def kernels():
    rng = np.random.default_rng(1)
    shapes = {"conv1": (3, 3, 1, 4), "conv2": (3, 3, 4, 8), "dense1": (200, 100), "output": (100, 10)}
    return {name: rng.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()}
