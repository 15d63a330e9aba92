"""Made-up input of the figures: two epochs, three runs, two effects, two costs, four kernels."""

import numpy as np

from pipeline.figures import ablation, all_curves, cost

HISTORY = [
    {"epoch": 1.0, "train_loss": 0.5, "train_accuracy": 0.85, "val_loss": 0.2, "val_accuracy": 0.94},
    {"epoch": 2.0, "train_loss": 0.3, "train_accuracy": 1.0, "val_loss": 0.1, "val_accuracy": 0.97},
]
PUBLISHED = {"lenet": [{"epoch": 1.0, "loss": 0.4831, "accuracy": 0.8484}], "vgg": [], "custom": []}
RUNS = [
    all_curves.RunCurves("lenet-plain", "lenet", (True, False, False), HISTORY),
    all_curves.RunCurves("lenet-dropout", "lenet", (True, True, False), HISTORY[:1]),
    all_curves.RunCurves("vgg-nopool", "vgg", (False, False, False), HISTORY),
]
EFFECTS = [
    ablation.Effect("dropout: a − b", "lenet", (-0.001, -0.003, 0.001), True),
    ablation.Effect("pooling: c − d", "vgg", (0.02, 0.01, 0.03), False),
]
COSTS = [
    cost.RunCost("lenet", (True, False, False), (0.99, 0.987, 0.992), 716_234, 8e12),
    cost.RunCost("custom", (True, True, False), (1.0, 0.999, 1.0), 56_753_866, 6e14),
]


def kernels():
    rng = np.random.default_rng(1)
    shapes = {"conv1": (3, 3, 1, 4), "conv2": (3, 3, 4, 8), "dense1": (200, 100), "output": (100, 10)}
    return {name: rng.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()}
