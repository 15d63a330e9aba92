"""Errors of code that a training depends on, worded here so that another wording retrains nothing."""

from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.paths import CHAMPION, PARAMS_FILE

RESTORE_DATA = "run `dvc checkout`, or `dvc repro --force {stage}`"


def missing_data(path: Path, stage: str = "preprocess") -> PipelineError:
    """A file of prepared data that `stage` writes is missing."""
    return PipelineError(f"{path}: not found; {RESTORE_DATA.format(stage=stage)}")


def damaged_data(path: Path, problem: str, stage: str = "preprocess") -> PipelineError:
    """A file of prepared data that `stage` wrote has changed since."""
    return PipelineError(f"{path}: damaged, {problem}; {RESTORE_DATA.format(stage=stage)}")


def too_few_images(run: str, key: str, wanted: int, found: int) -> PipelineError:
    """A run needs more images than the data have."""
    return PipelineError(f"{PARAMS_FILE}: runs.{run}: {key} is {wanted}, but there are only {found}; lower it")


def missing_model(path: Path, run: str) -> PipelineError:
    """A run has no trained model."""
    return PipelineError(f"{path}: not found; run `dvc checkout`, or `dvc repro train@{run}`")


def damaged_model(path: Path, problem: str) -> PipelineError:
    """A model file cannot be used."""
    remedy = f"remove it, then run `dvc checkout`, or `dvc repro --force train@{path.parent.name}`"
    if path.parent == CHAMPION:
        remedy = "run `make promote` to choose another champion"
    return PipelineError(f"{path}: damaged ({problem}); {remedy}")


def diverged(epoch: int, problem: str) -> PipelineError:
    """A loss or a weight is not finite."""
    return PipelineError(
        f"epoch {epoch}: {problem}; the training diverged, its last good checkpoint is kept;"
        f" lower learning_rate, set clip_norm, or change initializer in {PARAMS_FILE}"
    )
