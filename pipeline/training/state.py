"""Every number that the next training step depends on: read, assigned, checked."""

import math
from typing import Any

import keras
import numpy as np

from pipeline.core import messages


class TrainingState:
    """The variables of a compiled model: weights, dropout seeds, optimizer, running metrics."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model

    def variables(self) -> list[Any]:
        """All variables, the weights first and the running metrics last."""
        model = self.model
        seeds = [layer.seed_generator.state for layer in model.layers if hasattr(layer, "seed_generator")]
        return [*model.weights, *seeds, *model.optimizer.variables, *self.metrics()]

    def metrics(self) -> list[Any]:
        """The running metrics' variables; one per device, since summing them would round differently."""
        values = [variable.value for variable in self.model.metrics_variables]
        return [copy for value in values for copy in getattr(value, "values", [value])]

    def arrays(self) -> list[np.ndarray]:
        """The present values of `variables`."""
        return [keras.ops.convert_to_numpy(variable) for variable in self.variables()]


def assign_variables(variables: list[Any], arrays: list[np.ndarray]) -> None:
    """Set each variable to its array."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def require_finite(model: keras.Model, arrays: list[np.ndarray], epoch: int, *losses: float) -> None:
    """Raise PipelineError if the training has diverged: a loss or a weight, the first of `arrays`, is not finite.

    Weights are checked too, since a ReLU after a NaN weight gives 0 and so a finite loss.
    """
    problems = [f"the loss is {loss}" for loss in losses if not math.isfinite(loss)] or [
        f"{weight.path} has weights that are not finite"
        for weight, array in zip(model.weights, arrays, strict=False)  # what follows the weights has no path
        if not np.isfinite(array).all()
    ]
    if problems:
        raise messages.diverged(epoch, problems[0])
