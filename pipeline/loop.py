"""The training loop: `model.fit` an epoch at a time, a checkpoint after each, an orderly end when asked to stop.

Importing this module imports Keras; `pipeline.hardware.start` comes first.
"""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from pipeline import batches, checkpoint, epochs, kernels, recipe
from pipeline.errors import Interrupted
from pipeline.keeper import Keeper, assign, require_finite
from pipeline.progress import Progress
from pipeline.schema import Protocol
from pipeline.stop import Stop


@dataclass
class Training:
    """Everything a training needs; `images` are (images uint8 (N, 28, 28, 1), labels (N,)) pairs by split."""

    model: keras.Model
    protocol: Protocol
    images: dict[str, tuple[np.ndarray, np.ndarray]]
    folder: Path
    identity: dict[str, Any]
    progress: Progress
    stop: Stop
    arrays: list[np.ndarray] | None = None  # of the checkpoint to go on from
    running_metrics: list[np.ndarray] = field(default_factory=list)  # of the epoch that it was interrupted in
    saved: float = 0.0

    def run(self, after_epoch: Callable[[], None]) -> None:
        """Train what is left of the epochs, calling `after_epoch` when each is recorded and safe on disk.

        Raises PipelineError when the training has diverged, Interrupted when asked to stop; the checkpoints stay.
        """
        keeper = Keeper(self)
        if self.arrays is not None:
            self._restore(self.arrays)
        while self.progress.epoch < self.protocol.epochs:
            keeper.start()
            logs = self._validate(keeper) if self.progress.trained else self._fit(keeper)
            arrays = self.numbers()
            require_finite(self.model, arrays, self.progress, logs["loss"], logs["val_loss"])
            row = {
                "train_loss": logs["loss"],
                "train_accuracy": logs["accuracy"],
                "val_loss": logs["val_loss"],
                "val_accuracy": logs["val_accuracy"],
                "learning_rate": self._learning_rate(),
            }
            self.progress.add_epoch(row, kernels.of(self.model), time.time())
            self.save(arrays)
            after_epoch()
            if reason := self.stop.reason():
                raise Interrupted(f"{reason}; `dvc repro` goes on from here")

    def _fit(self, keeper: keras.callbacks.Callback) -> dict[str, float]:
        """What is left of one epoch, then validation."""
        epoch, step = self.progress.epoch, self.progress.step
        protocol = self.protocol
        images, labels = epochs.arrays(*self.images["train"], protocol, epoch)
        begin = step * protocol.batch_size
        logs = self.model.fit(
            batches.of(protocol.batch_size, images[begin:], labels[begin:]),
            shuffle=False,
            initial_epoch=epoch,
            epochs=protocol.epochs,  # as many as the progress bar shows; the keeper stops after one
            validation_data=batches.of(batches.VALIDATION, *self.images["validation"]),
            callbacks=[keeper],
            verbose=1 if sys.stdout.isatty() else 2,
        ).history
        return {name: float(values[-1]) for name, values in logs.items()}

    def _validate(self, keeper: keras.callbacks.Callback) -> dict[str, float]:
        """The validation of an epoch that was interrupted in it."""
        validation = batches.of(batches.VALIDATION, *self.images["validation"])
        logs = self.model.evaluate(validation, callbacks=[keeper], verbose=2, return_dict=True)
        return self.progress.trained | {f"val_{name}": float(value) for name, value in logs.items()}

    def _learning_rate(self) -> float:
        """Of the optimizer's last step; float16's loss scale makes it skip some."""
        rate = recipe.learning_rate(self.protocol)
        if callable(rate):
            steps = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
            rate = rate(max(0, steps - 1))
        return float(keras.ops.convert_to_numpy(rate))

    def steps(self) -> int:
        """Steps in an epoch."""
        return math.ceil(len(self.images["train"][0]) / self.protocol.batch_size)

    def state(self) -> list[Any]:
        """Variables of every number that the next step depends on: weights, dropout's seeds, optimizer, metrics."""
        model = self.model
        seeds = [layer.seed_generator.state for layer in model.layers if hasattr(layer, "seed_generator")]
        return [*model.weights, *seeds, *model.optimizer.variables, *self.metrics()]

    def metrics(self) -> list[Any]:
        """The variables of the running metrics; each device has its own, since their sum would round otherwise."""
        values = [variable.value for variable in self.model.metrics_variables]
        return [copy for value in values for copy in getattr(value, "values", [value])]

    def numbers(self) -> list[np.ndarray]:
        """What `state` holds now, the weights first."""
        return [keras.ops.convert_to_numpy(variable) for variable in self.state()]

    def save(self, arrays: list[np.ndarray]) -> None:
        """Write a checkpoint of these `numbers`."""
        checkpoint.save(self.folder, self.identity, self.progress, arrays)
        self.saved = time.monotonic()

    def _restore(self, arrays: list[np.ndarray]) -> None:
        """Put a checkpoint's numbers back; its running metrics too, which `fit` resets as an epoch begins."""
        one_each = (array[: self.identity["replicas"]] for array in self.images["validation"])
        self.model.evaluate(*one_each, verbose=0)  # Keras makes the metrics' variables with the first batch
        assign(self.state(), arrays)
        self.running_metrics = arrays[-len(self.metrics()) :]
