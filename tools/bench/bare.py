"""The training that people would otherwise write: one run's network, data and protocol, in plain Keras on arrays."""

import argparse
import json
import time
from typing import TYPE_CHECKING

from pipeline.config.params import Run, load_params
from pipeline.dataset.batches import VALIDATION_BATCH_SIZE
from pipeline.dataset.splits import load_split
from pipeline.runtime.session import import_tensorflow
from pipeline.train import build_run_model
from pipeline.training.optimizers import make_learning_rate

if TYPE_CHECKING:
    import keras


def main(arguments: argparse.Namespace) -> None:
    """Train, then print as JSON the seconds of each epoch, and when each finished, in seconds since 1970."""
    run = load_params().run(arguments.run)
    config = run.train
    model = compiled_model(run, arguments)
    import keras

    train, validation = load_split("train"), load_split("validation")
    times = {"started": [], "finished": []}
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: times["started"].append(time.time()),
        on_epoch_end=lambda epoch, logs: times["finished"].append(time.time()),
    )
    callbacks = [clock]
    if arguments.tracking != "none":
        import mlflow

        if arguments.tracking == "autolog":
            mlflow.keras.autolog()
        else:
            mlflow.start_run()
            callbacks.append(mlflow.keras.MlflowCallback())
    model.fit(
        *(array[: config.training_images] for array in train),
        batch_size=config.batch_size,
        epochs=config.epochs,
        validation_data=tuple(array[: config.validation_images] for array in validation),
        validation_batch_size=VALIDATION_BATCH_SIZE,
        callbacks=callbacks,
        verbose=2,
    )
    if arguments.tracking == "callback":
        mlflow.keras.log_model(model, name="model", pip_requirements=["keras"])  # it takes seconds to infer them
    print(json.dumps(times))


def compiled_model(run: Run, arguments: argparse.Namespace) -> "keras.Sequential":
    """Set up TensorFlow as `arguments` say; return the run's network, compiled."""
    tf = import_tensorflow()
    import keras

    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    if not arguments.nondeterministic:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(run.train.seed)
    keras.mixed_precision.set_global_policy(arguments.precision)
    model = build_run_model(run)
    model.compile(
        optimizer=keras.optimizers.Adam(make_learning_rate(run.train), global_clipnorm=run.train.clip_norm),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=arguments.nondeterministic and len(tf.config.list_physical_devices("GPU")) == 1,  # XLA
    )
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a name in `runs` of params.yaml")
    parser.add_argument("--precision", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--nondeterministic", action="store_true", help="and, on one GPU, with XLA")
    parser.add_argument("--tracking", choices=["none", "autolog", "callback"], default="none")
    main(parser.parse_args())
