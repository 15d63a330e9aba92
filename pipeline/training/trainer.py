"""Train epoch by epoch with `model.fit`, save a checkpoint after each, stop in an orderly way when asked to.

Importing this module imports Keras; call `pipeline.runtime.session.start_session` first.
"""

import dataclasses
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from pipeline.config.schema import TrainConfig
from pipeline.core.errors import Interrupted
from pipeline.dataset.augmentation import epoch_data
from pipeline.dataset.batches import VALIDATION_BATCH_SIZE, make_dataset
from pipeline.dataset.splits import Split
from pipeline.resume import checkpoint
from pipeline.training.callbacks import CheckpointCallback
from pipeline.training.optimizers import make_learning_rate
from pipeline.training.progress import Progress
from pipeline.training.state import TrainingState, assign_variables, require_finite
from pipeline.training.weight_statistics import layer_kernels


class Trainer:
    """Trains a compiled model, from the beginning or from its last checkpoint.

    Args:
        model: The compiled model.
        config: How to train it.
        data: The images and labels under "train" and "validation".
        folder: Where its checkpoints are.
        identity: What a checkpoint must have in common with this training to be continued.
        stop_reason: Asked after every step why to stop; None to continue.
    """

    def __init__(
        self,
        model: keras.Model,
        config: TrainConfig,
        data: dict[str, Split],
        folder: Path,
        identity: dict[str, Any],
        stop_reason: Callable[[], str | None],
    ) -> None:
        self.model = model
        self.config = config
        self.data = data
        self.folder = folder
        self.identity = identity
        self.stop_reason = stop_reason
        self.state = TrainingState(model)
        self.initial = {name: kernel.copy() for name, kernel in layer_kernels(model).items()}
        found = checkpoint.load_checkpoint(folder, identity)
        self.progress = Progress(**found[0]) if found else Progress()
        if not found:
            self.progress.add_kernels(self.initial, self.initial)
        self.callback = CheckpointCallback(
            self.progress, self.state, self.steps_per_epoch(), self._save_within_epoch, stop_reason
        )
        if found:
            self._restore(found[1])

    def run(self, after_epoch: Callable[[], None]) -> None:
        """Train the remaining epochs; call `after_epoch` when each is complete and its checkpoint saved.

        Raises PipelineError if the training has diverged, Interrupted if asked to stop; the checkpoints stay.
        """
        while self.progress.epoch < self.config.epochs:
            self.callback.start()
            logs = self._validate() if self.progress.trained else self._fit()
            arrays = self.state.arrays()
            require_finite(self.model, arrays, self.progress.epoch + 1, logs["loss"], logs["val_loss"])
            row = {
                "train_loss": logs["loss"],
                "train_accuracy": _exact_share(logs["accuracy"], len(self.data["train"][0])),
                "val_loss": logs["val_loss"],
                "val_accuracy": _exact_share(logs["val_accuracy"], len(self.data["validation"][0])),
                "learning_rate": self._learning_rate(),
            }
            self.progress.add_epoch(row, time.time())
            self.progress.add_kernels(layer_kernels(self.model), self.initial)
            self._save(arrays)
            after_epoch()
            if reason := self.stop_reason():
                raise Interrupted(f"{reason}; `dvc repro` continues from here")

    def steps_per_epoch(self) -> int:
        """Training steps in a whole epoch."""
        return math.ceil(len(self.data["train"][0]) / self.config.batch_size)

    def _fit(self) -> dict[str, float]:
        """Train the remaining steps of one epoch, then validate."""
        epoch, config = self.progress.epoch, self.config
        images, labels = epoch_data(*self.data["train"], config, epoch)
        begin = self.progress.step * config.batch_size
        logs = self.model.fit(
            make_dataset(config.batch_size, images[begin:], labels[begin:]),
            shuffle=False,
            initial_epoch=epoch,
            epochs=config.epochs,  # what the progress bar shows; the callback stops after one
            validation_data=make_dataset(VALIDATION_BATCH_SIZE, *self.data["validation"]),
            callbacks=[self.callback],
            verbose=1 if sys.stdout.isatty() else 2,
        ).history
        return {name: float(values[-1]) for name, values in logs.items()}

    def _validate(self) -> dict[str, float]:
        """Validate an epoch that was interrupted during its validation."""
        validation = make_dataset(VALIDATION_BATCH_SIZE, *self.data["validation"])
        logs = self.model.evaluate(validation, callbacks=[self.callback], verbose=2, return_dict=True)
        return self.progress.trained | {f"val_{name}": float(value) for name, value in logs.items()}

    def _learning_rate(self) -> float:
        """The learning rate of the optimizer's last step; with float16, loss scaling skips some steps."""
        rate = make_learning_rate(self.config)
        if callable(rate):
            steps = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
            rate = rate(max(0, steps - 1))
        return float(keras.ops.convert_to_numpy(rate))

    def _save(self, arrays: list[np.ndarray]) -> None:
        checkpoint.save_checkpoint(self.folder, self.identity, dataclasses.asdict(self.progress), arrays)

    def _save_within_epoch(self, loss: float) -> None:
        """Save a checkpoint; in a log file, where there is no progress bar, also print how far the epoch is."""
        arrays, progress = self.state.arrays(), self.progress
        require_finite(self.model, arrays, progress.epoch + 1, loss)
        self._save(arrays)
        if not sys.stdout.isatty():
            step = f"step {progress.step} of {self.steps_per_epoch()}"
            print(f"epoch {progress.epoch + 1}: {step}, loss {loss:.4f}", flush=True)

    def _restore(self, arrays: list[np.ndarray]) -> None:
        """Restore a checkpoint's arrays; the callback restores the running metrics once more after `fit` reset them."""
        one_per_device = (array[: self.identity["replicas"]] for array in self.data["validation"])
        self.model.evaluate(*one_per_device, verbose=0)  # Keras creates the metrics' variables with the first batch
        assign_variables(self.state.variables(), arrays)
        self.callback.restored_metrics = arrays[-len(self.state.metrics()) :]


def _exact_share(share: float, whole: int) -> float:
    """The count of `whole` that `share`, rounded to float32, stands for, divided by `whole`; NaN stays NaN."""
    return round(share * whole) / whole if math.isfinite(share) else share
