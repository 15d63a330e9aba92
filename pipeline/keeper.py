"""What happens between two steps of a training: counting, checkpoints in long epochs, an orderly stop."""

import math
import sys
import time
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from pipeline.errors import Interrupted, PipelineError
from pipeline.progress import Progress

if TYPE_CHECKING:
    from pipeline.loop import Training

CHECKPOINT_SECONDS = 600  # between checkpoints inside a long epoch


def assign(variables: list[keras.Variable], arrays: list[np.ndarray]) -> None:
    """Give each variable its value."""
    for variable, value in zip(variables, arrays, strict=True):
        variable.assign(value)


class Keeper(keras.callbacks.Callback):
    """Between steps: count, keep checkpoints, notice that the training must stop."""

    def __init__(self, training: "Training") -> None:
        super().__init__()
        self.training = training

    def start(self) -> None:
        """Start the clock of what is left of an epoch."""
        self.begin = self.training.progress.step
        self.training.saved = self.clock = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Go on with an interrupted epoch's running metrics."""
        if self.begin > 0:
            assign(self.training.metrics(), self.training.running_metrics)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Count the step; keep what the steps gave when it was the epoch's last, since validation resets it."""
        training = self.training
        training.progress.step = self.begin + batch + 1
        if training.progress.step == training.steps():
            training.progress.trained = {name: float(value) for name, value in self.model.get_metrics_result().items()}
        self._keep(float(logs["loss"]))

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Validation, too, can be long."""
        self._keep(self.training.progress.trained["loss"])

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Count what was left of the validation's time."""
        self._count_time()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """End this call of `fit`."""
        self.model.stop_training = True

    def _keep(self, loss: float) -> None:
        """Save every ten minutes, and before stopping when there is a reason to."""
        training = self.training
        self._count_time()
        reason = training.stop.reason()
        if reason or time.monotonic() - training.saved > CHECKPOINT_SECONDS:
            arrays = training.numbers()
            require_finite(self.model, arrays, training.progress, loss)
            training.save(arrays)
            self._say(loss)
        if reason:
            raise Interrupted(f"{reason}; `dvc repro` goes on from here")

    def _say(self, loss: float) -> None:
        """In a log file, say how far a long epoch is; on a screen, Keras' bar shows it."""
        if not sys.stdout.isatty():
            progress = self.training.progress
            step = f"step {progress.step} of {self.training.steps()}"
            print(f"epoch {progress.epoch + 1}: {step}, loss {loss:.4f}", flush=True)

    def _count_time(self) -> None:
        now = time.monotonic()
        self.training.progress.seconds += now - self.clock
        self.clock = now


def require_finite(model: keras.Model, arrays: list[np.ndarray], progress: Progress, *losses: float) -> None:
    """Raise a PipelineError if the training has diverged: a loss or a weight, the first of `arrays`, is not finite.

    The weights are looked at too, since a ReLU after a weight that is not a number gives 0, and so a finite loss.
    """
    wrong = [f"the loss is {loss}" for loss in losses if not math.isfinite(loss)] or [
        f"{weight.path} has weights that are not finite"
        for weight, array in zip(model.weights, arrays, strict=False)  # what comes after the weights has no path
        if not np.isfinite(array).all()
    ]
    if wrong:
        raise PipelineError(
            f"epoch {progress.epoch + 1}: {wrong[0]}; the training diverged, its last good checkpoint is kept;"
            " lower learning_rate, set clip_norm, or change initializer in params.yaml"
        )
