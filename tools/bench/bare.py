"""The training that people would otherwise write: one run's network, data and protocol, in plain Keras on arrays."""

import argparse
import json
import time
from typing import TYPE_CHECKING

import numpy as np

from models import build
from models.registry import ARCHITECTURES
from pipeline.config import params
from pipeline.config.params import Run
from pipeline.core.paths import PROCESSED
from pipeline.dataset import batches
from pipeline.runtime import session
from pipeline.training import optimizers

if TYPE_CHECKING:
    import keras


def main(arguments: argparse.Namespace) -> None:
    """Train, then print a line of JSON: the seconds of each epoch, and when each finished."""
    run = params.load_params().run(arguments.run)
    protocol = run.protocol
    model = compiled(run, arguments)
    (images, labels), held_out = _load("train"), _load("validation")
    clock = _clock()
    tracking = {"none": list, "autolog": _autolog, "callback": _callback}[arguments.tracking]()
    model.fit(
        images[: protocol.training_images],
        labels[: protocol.training_images],
        batch_size=protocol.batch_size,
        epochs=protocol.epochs,
        validation_data=tuple(array[: protocol.validation_images] for array in held_out),
        validation_batch_size=batches.VALIDATION_BATCH_SIZE,
        callbacks=[clock, *tracking],
        verbose=2,
    )
    if arguments.tracking == "callback":
        _log_model(model)
    print(json.dumps({"seconds": clock.seconds, "finished": clock.finished}))


def compiled(run: Run, arguments: argparse.Namespace) -> "keras.Sequential":
    """The run's network, ready to train, after TensorFlow was set up for it."""
    tf = session.import_tensorflow()
    import keras

    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    if not arguments.free:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(run.train.seed)
    keras.mixed_precision.set_global_policy(arguments.precision)
    model = build.build_model(
        run.model.architecture,
        ARCHITECTURES[run.model.architecture],
        pooling=run.model.pooling,
        dropout_scale=run.train.dropout_scale if run.model.dropout else 0.0,
        batch_norm=run.model.batch_norm,
        batch_norm_momentum=run.train.batch_norm_momentum,
        initializer=run.train.initializer,
    )
    model.compile(
        optimizer=keras.optimizers.Adam(optimizers.make_learning_rate(run.train), global_clipnorm=run.train.clip_norm),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=arguments.free and len(tf.config.list_physical_devices("GPU")) == 1,  # XLA
    )
    return model


def _load(split: str) -> tuple[np.ndarray, np.ndarray]:
    with np.load(PROCESSED / f"{split}.npz", allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]


def _clock() -> "keras.callbacks.Callback":
    """A callback that notes what `environment.json` notes of our epochs."""
    import keras

    class Clock(keras.callbacks.Callback):
        """Seconds of each epoch with its validation, and its end in seconds since 1970."""

        def on_train_begin(self, logs: dict | None = None) -> None:
            self.seconds, self.finished = [], []

        def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
            self.begin = time.monotonic()

        def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
            self.seconds.append(time.monotonic() - self.begin)
            self.finished.append(time.time())

    return Clock()


def _autolog() -> list:
    import mlflow

    mlflow.keras.autolog()
    return []


def _callback() -> list:
    import mlflow

    mlflow.start_run()
    return [mlflow.keras.MlflowCallback()]


def _log_model(model: object) -> None:
    """With pinned requirements: without them MLflow takes seconds to find out which."""
    import mlflow

    mlflow.keras.log_model(model, name="model", pip_requirements=["keras"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a name in `runs` of params.yaml")
    parser.add_argument("--precision", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--free", action="store_true", help="without determinism; then with XLA on one GPU")
    parser.add_argument("--tracking", choices=["none", "autolog", "callback"], default="none")
    main(parser.parse_args())
