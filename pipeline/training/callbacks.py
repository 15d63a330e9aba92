"""What happens between two steps: count them, save checkpoints during long epochs, stop when asked to."""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from pipeline.core.errors import Interrupted
from pipeline.training.progress import Progress
from pipeline.training.state import TrainingState, assign_variables

CHECKPOINT_SECONDS = 600  # between checkpoints within a long epoch


class CheckpointCallback(keras.callbacks.Callback):
    """Counts steps and seconds, saves checkpoints within an epoch, and raises Interrupted when asked to stop.

    Args:
        progress: Updated after every step.
        state: The model's variables.
        steps_per_epoch: Training steps in a whole epoch.
        save: Saves a checkpoint; takes the present training loss.
        stop_reason: Says why to stop now; None to continue.
    """

    def __init__(
        self,
        progress: Progress,
        state: TrainingState,
        steps_per_epoch: int,
        save: Callable[[float], None],
        stop_reason: Callable[[], str | None],
    ) -> None:
        super().__init__()
        self.progress = progress
        self.state = state
        self.steps_per_epoch = steps_per_epoch
        self.save = save
        self.stop_reason = stop_reason
        self.restored_metrics: list[np.ndarray] = []  # of the epoch that a checkpoint was saved in

    def start(self) -> None:
        """Start the clock of the rest of an epoch."""
        self.first_step = self.progress.step
        self.last_saved = self.last_counted = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Restore the running metrics of a resumed epoch, which `fit` has just reset."""
        if self.first_step > 0:
            assign_variables(self.state.metrics(), self.restored_metrics)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Count the step; keep the training metrics after the last one, before validation resets them."""
        self.progress.step = self.first_step + batch + 1
        if self.progress.step == self.steps_per_epoch:
            self.progress.trained = {name: float(value) for name, value in self.model.get_metrics_result().items()}
        self._after_batch(float(logs["loss"]))

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Save and stop during a long validation, too."""
        self._after_batch(self.progress.trained["loss"])

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Count the last seconds of the validation."""
        self._count_seconds()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """End this call of `fit` after one epoch."""
        self.model.stop_training = True

    def _after_batch(self, loss: float) -> None:
        """Save a checkpoint every ten minutes and before stopping."""
        self._count_seconds()
        reason = self.stop_reason()
        if reason or time.monotonic() - self.last_saved > CHECKPOINT_SECONDS:
            self.save(loss)
            self.last_saved = time.monotonic()
        if reason:
            raise Interrupted(f"{reason}; `dvc repro` continues from here")

    def _count_seconds(self) -> None:
        now = time.monotonic()
        self.progress.seconds += now - self.last_counted
        self.last_counted = now
