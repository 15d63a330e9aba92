"""Train one run of `params.yaml` and leave what it learned in `results/runs/RUN`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import models
from models import network
from pipeline import artefact, checkpoint, claim, data, errors, files, hardware, inputs, kernels, params, record, system
from pipeline.batches import sizes
from pipeline.errors import PipelineError
from pipeline.figures import curves, weights
from pipeline.params import Run
from pipeline.progress import Progress
from pipeline.stop import Stop
from pipeline.tracking.mirror import Mirror

if TYPE_CHECKING:
    import keras

    from pipeline.loop import Training


def train(run: Run, results: Path, folder: Path, key: str, stop: Stop) -> None:
    """Train `run`, or go on with its interrupted training; `key` names it, `folder` holds its checkpoints.

    The last ones stay until the evaluation: DVC keeps the results only after this process has ended.
    """
    if run.flags.architecture not in models.ARCHITECTURES:
        known = ", ".join(models.ARCHITECTURES)
        raise PipelineError(
            f"runs.{run.name}.architecture: {run.flags.architecture!r} is not in models/ (known: {known})"
        )
    with claim.locked(folder):
        images = data.training_images(run)
        protocol = run.protocol
        session = hardware.start(protocol.precision, protocol.threads, protocol.seed, sizes(protocol))
        training = prepare(run, session, images, folder, key, stop)
        identity = record.begin(folder)
        description = record.describe(run, training.model, key)
        progress = training.progress

        def write(target: Path, complete: bool) -> None:
            files.write_json(target / "run.json", description)
            files.write_json(target / "environment.json", record.environment(identity, progress, session, complete))
            progress.write(target)

        def after_epoch() -> None:
            write(mirror.folder, complete=False)
            mirror.update(patient=True)

        mirror = Mirror(folder / "run")
        with training.stop.listening(), mirror.watching():
            after_epoch()
            with system.sampled(progress.system, progress.seconds):
                training.run(after_epoch)
            write(results, complete=True)
            finish(run, training.model, progress, results)
        mirror.folder = results
        mirror.update("FINISHED")


def prepare(
    run: Run,
    session: hardware.Session,
    images: dict[str, tuple[np.ndarray, np.ndarray]],
    folder: Path,
    key: str,
    stop: Stop,
) -> "Training":
    """The training as it begins, or as its last good checkpoint left it."""
    from pipeline import recipe
    from pipeline.loop import Training

    with session.strategy.scope():
        model = build(run, fused=True)
        session.accelerate(model)
        recipe.compile_model(model, run.protocol)
    identity = {
        "input_key": key,
        "precision": session.precision,
        "threads": session.threads,
        "onednn": session.onednn,
        "replicas": session.strategy.num_replicas_in_sync,
        "gpus": [gpu.name for gpu in session.hardware.gpus],
        **record.versions(),
    }
    progress, arrays = checkpoint.load(folder, identity) or (Progress(), None)
    if arrays:
        print(f"{run.name}: going on after epoch {progress.epoch}, step {progress.step}")
    return Training(model, run.protocol, images, folder, identity, progress, stop, arrays)


def build(run: Run, fused: bool = False) -> "keras.Sequential":
    """The run's network under Keras' present dtype policy; `fused` for one that is trained and not saved."""
    return network.build(
        run.flags.architecture,
        models.ARCHITECTURES[run.flags.architecture],
        pooling=run.flags.pooling,
        dropout_scale=run.protocol.dropout_scale if run.flags.dropout else 0.0,
        batch_norm=run.flags.batch_norm,
        batch_norm_momentum=run.protocol.batch_norm_momentum,
        initializer=run.protocol.initializer,
        fused=fused,
    )


def finish(run: Run, model: "keras.Sequential", progress: Progress, results: Path) -> None:
    """Write the model, as float32, and the run's figures."""
    import keras

    keras.mixed_precision.set_global_policy("float32")
    exported = build(run)
    exported.set_weights(model.get_weights())
    artefact.save(exported, results / "model.keras")
    curves.save_loss(results / "loss.png", progress.history, run.name)
    weights.save_violins(results / "weights.png", kernels.of(model), run.name, run.protocol.seed)


def main(arguments: argparse.Namespace) -> None:
    """Find the run, then train it."""
    stop = Stop()  # at once, while the process that started this one is sure to be known
    run = params.load().run(arguments.run)
    key = inputs.input_key(f"train@{run.name}")
    folder = claim.place(inputs.main_root(), run.name, key)
    train(run, files.ROOT / "results" / "runs" / run.name, folder, key, stop)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", help="a name in `runs` of params.yaml")
    errors.run(main, parser)
