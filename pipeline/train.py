"""Train one run of `params.yaml`; writes its model and its numbers to `results/runs/RUN`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from models.build import build_model
from models.registry import ARCHITECTURES
from pipeline.config.params import Run, load_params
from pipeline.core import errors
from pipeline.core.paths import repo_root, run_dir
from pipeline.dataset.batches import batch_sizes
from pipeline.dataset.splits import Split, training_data
from pipeline.formats.tables import write_json
from pipeline.resume.checkpoint_dir import checkpoint_dir, run_lock
from pipeline.resume.interruption import InterruptHandler
from pipeline.runtime.model_file import save_model
from pipeline.runtime.session import Session, start_session
from pipeline.tracking.run_mirror import RunMirror
from pipeline.tracking.system_metrics import sample_system_metrics
from pipeline.training import metadata
from pipeline.training.fingerprint import stage_fingerprint

if TYPE_CHECKING:
    import keras

    from pipeline.training.trainer import Trainer


def train(run: Run, results: Path, checkpoints: Path, fingerprint: str, interrupts: InterruptHandler) -> None:
    """Train `run`, or continue its interrupted training, and write its results.

    The last checkpoints stay until the evaluation, since DVC keeps the results only after this process has ended.

    Args:
        run: What to train.
        results: The folder to write to.
        checkpoints: The training's checkpoint folder; also mirrors an unfinished training's files to MLflow.
        fingerprint: Of the stage's inputs.
        interrupts: Says when to stop.
    """
    with run_lock(checkpoints):
        data = training_data(run)
        config = run.train
        session = start_session(config.precision, config.threads, config.seed, batch_sizes(config))
        trainer = make_trainer(run, session, data, checkpoints, fingerprint, interrupts)
        progress = trainer.progress
        start = metadata.training_start(checkpoints)
        record = metadata.model_metadata(run, trainer.model, fingerprint)

        def write(folder: Path, complete: bool) -> None:
            progress.write(folder)
            write_json(folder / "run.json", record)
            write_json(folder / "environment.json", metadata.environment_metadata(start, progress, session, complete))

        def after_epoch() -> None:
            write(mirror.folder, complete=False)
            mirror.update(patient=True)

        mirror = RunMirror(checkpoints / "run")
        with interrupts.install(), mirror.report_failure():
            after_epoch()
            with sample_system_metrics(progress.system, progress.seconds):
                trainer.run(after_epoch)
            export_model(run, trainer.model, results / "model.keras")
            write(results, complete=True)
        mirror.folder = results
        mirror.update("FINISHED")


def make_trainer(
    run: Run,
    session: Session,
    data: dict[str, Split],
    checkpoints: Path,
    fingerprint: str,
    interrupts: InterruptHandler,
) -> "Trainer":
    """Build and compile the run's network; its trainer continues from the last intact checkpoint."""
    from pipeline.training.optimizers import compile_model
    from pipeline.training.trainer import Trainer

    with session.strategy.scope():
        model = build_run_model(run, fused=True)
        session.optimize(model)
        compile_model(model, run.train)
    identity = metadata.checkpoint_identity(fingerprint, session)
    trainer = Trainer(model, run.train, data, checkpoints, identity, interrupts.stop_reason)
    if trainer.progress.epoch or trainer.progress.step:
        print(f"{run.name}: continuing after epoch {trainer.progress.epoch}, step {trainer.progress.step}")
    return trainer


def build_run_model(run: Run, fused: bool = False) -> "keras.Sequential":
    """The run's network in Keras' current dtype policy; `fused` for a model that is trained and not saved."""
    return build_model(
        run.model.architecture,
        ARCHITECTURES[run.model.architecture],
        pooling=run.model.pooling,
        dropout_scale=run.train.dropout_scale if run.model.dropout else 0.0,
        batch_norm=run.model.batch_norm,
        batch_norm_momentum=run.train.batch_norm_momentum,
        initializer=run.train.initializer,
        fused=fused,
    )


def export_model(run: Run, model: "keras.Sequential", path: Path) -> None:
    """Save an uncompiled float32 copy of `model`."""
    import keras

    keras.mixed_precision.set_global_policy("float32")
    exported = build_run_model(run)
    exported.set_weights(model.get_weights())
    save_model(exported, path)


def main(arguments: argparse.Namespace) -> None:
    """Train the named run."""
    interrupts = InterruptHandler()  # first, while the process that started this one is certain to be alive
    run = load_params().run(arguments.run)
    fingerprint = stage_fingerprint(f"train@{run.name}")
    train(run, run_dir(run.name), checkpoint_dir(repo_root(), run.name, fingerprint), fingerprint, interrupts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", help="a name in `runs` of params.yaml")
    errors.run_command(main, parser)
