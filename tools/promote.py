"""Make a run the champion, which `tools.predict` and `mlflow models serve` use: `make promote`."""

import argparse
from datetime import UTC, datetime

import numpy as np

from pipeline.config import params
from pipeline.core import errors, files
from pipeline.core.errors import PipelineError
from pipeline.core.paths import run_dir
from pipeline.dataset import splits
from pipeline.runtime import model_file, session
from pipeline.tracking import champion, registry
from pipeline.tracking.champion import Champion, Promotion
from tools.candidates import Candidate, best, eligible

DIGITS = 16  # validation images on which the logged model and the file must agree to the bit


def promotion(chosen: Candidate) -> Promotion:
    """What `champion.json` would say of a run promoted now."""
    return Promotion(
        run=chosen.run,
        training_id=chosen.environment["training_id"],
        input_key=chosen.record["input_key"],
        data_digest=chosen.record["data_digest"],
        validation_images=chosen.record["settings"]["validation_images"],
        val_accuracy=chosen.val_accuracy,
        parameters=chosen.record["parameters"],
        model_sha256=files.sha256(run_dir(chosen.run) / "model.keras"),
        promoted=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def check_accuracy(wanted: Promotion, present: Promotion | None, threshold: float) -> None:
    """PipelineError if the validation accuracy is below `threshold` or below that of a comparable champion."""
    if wanted.val_accuracy < threshold:
        raise PipelineError(
            f"{wanted.run}: validation accuracy {wanted.val_accuracy:.4f} is below {threshold:g}, the least that a"
            " champion must have (promote.min_val_accuracy in params.yaml); train a better run"
        )
    if present and wanted.comparable(present) and wanted.val_accuracy < present.val_accuracy:
        raise PipelineError(
            f"{wanted.run}: validation accuracy {wanted.val_accuracy:.4f} is below the champion's"
            f" ({present.run}, {present.val_accuracy:.4f}); the champion stays"
        )


def check_model(wanted: Promotion) -> None:
    """PipelineError unless the model in MLflow and the file give the same probabilities, to the bit."""
    path = run_dir(wanted.run) / "model.keras"
    images = splits.load_split("validation")[0][:DIGITS]
    session.import_tensorflow()
    logged, own = (
        model.predict(images, verbose=0) for model in (registry.load_logged(wanted), model_file.load_model(path))
    )
    if not np.array_equal(logged, own):
        raise PipelineError(f"{wanted.run}: its model in MLflow and {path.name} give different probabilities")


def main(arguments: argparse.Namespace) -> None:
    """Choose, check, write `champion.json`, and make MLflow's aliases follow it."""
    runs = params.load_params()
    candidates, reasons = eligible(runs.runs)
    if arguments.run:
        run = runs.run(arguments.run).name
        if run in reasons:
            raise PipelineError(f"{run}: it {reasons[run]}")
        chosen = next(candidate for candidate in candidates if candidate.run == run)
    else:
        if not candidates:
            raise PipelineError(f"no run can be promoted: {'; '.join(f'{run} {why}' for run, why in reasons.items())}")
        chosen, others = best(candidates)
        for run, reason in (reasons | others).items():
            print(f"left out: {run} {reason}")
    wanted, present = promotion(chosen), champion.load_champion_file()
    if present is None or not wanted.same_model(present.champion):
        least = runs.promote.min_val_accuracy if arguments.threshold is None else arguments.threshold
        check_accuracy(wanted, present.champion if present else None, least)
        check_model(wanted)
        present = Champion(champion=wanted, previous=present.champion if present else None)
        champion.save_champion_file(present)
    print(f"{wanted.run}: validation accuracy {wanted.val_accuracy:.4f} on {wanted.validation_images:,} images")
    for alias, done in registry.apply_aliases(present).items():
        print(f"{registry.NAME}@{alias}: {done}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", nargs="?", help="a name in params.yaml; without it, the best is chosen")
    parser.add_argument("--threshold", type=float, help="instead of promote.min_val_accuracy of params.yaml")
    errors.run_command(main, parser)
