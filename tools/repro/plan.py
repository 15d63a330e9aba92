"""Estimate how long each run takes, from this machine's speed and recorded results (pure functions)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.config.params import Run

DATA = ("fetch", "preprocess", "corrupt")  # the stages before those of runs
STAGES = ("train", "evaluate", "draw")  # the stages of a run, in order
FORWARD = 1 / 3  # cost of predicting an image, relative to training on it
STRESS = 123  # images for each of a run's `stress_images`: 39 corrupted of test and of validation, 45 of another source
# time of a stage besides its images, in multiples of the time that importing TensorFlow takes
FIXED_COST = {"train": 2.2, "evaluate": 1.7, "draw": 0.7}


@dataclass(frozen=True)
class Machine:
    """This machine: seconds to import TensorFlow, and the measured training images per second by run."""

    import_seconds: float
    images_per_second: Mapping[str, float]


@dataclass(frozen=True)
class Task:
    """A run with stages that are out of date: `seconds` maps each of these to its estimated time."""

    run: str
    seconds: Mapping[str, float]

    @property
    def total(self) -> float:
        """Seconds of all stages."""
        return sum(self.seconds.values())


def recorded_speed(settings: Mapping[str, Any], seconds: float) -> float:
    """Images per second of a recorded training; a validation image counts as `FORWARD` of a training image."""
    images = settings["epochs"] * (settings["training_images"] + FORWARD * settings["validation_images"])
    return images / max(seconds, 1e-3)


def runs_to_measure(runs: Sequence[Run]) -> dict[str, str]:
    """Map each architecture to its first run's name; one each, since a machine's speed depends on the architecture."""
    return {run.model.architecture: run.name for run in reversed(runs)}


def training_speed(run: str, measured: str, recorded: Mapping[str, float], machine: Machine) -> float:
    """Estimate the training images per second of `run` on this machine, from another run of the same architecture.

    Args:
        run: The name of the run to estimate.
        measured: The name of the run that was measured.
        recorded: The recorded speeds by run; the two runs are taken for equally fast unless it has both.
        machine: Has the speed of `measured`.
    """
    ratio = recorded[run] / recorded[measured] if {run, measured} <= recorded.keys() else 1.0
    return machine.images_per_second[measured] * ratio


def estimate(run: Run, stages: Collection[str], images_per_second: float, import_seconds: float) -> Task:
    """The task of a run whose `stages` are out of date, from its training speed and TensorFlow's import time."""
    seconds = {stage: FIXED_COST[stage] * import_seconds for stage in STAGES if stage in stages}
    config = run.train
    if "train" in seconds:
        images = config.epochs * (config.training_images + FORWARD * config.validation_images)
        seconds["train"] += images / images_per_second
    if "evaluate" in seconds:
        seconds["evaluate"] += FORWARD * (run.test_images + STRESS * run.stress_images) / images_per_second
    return Task(run.name, seconds)


def clock(seconds: float) -> str:
    """Minutes and seconds, such as 1:12, or hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def about(seconds: float) -> str:
    """A rough duration in words: `about N min`, or `less than a minute`."""
    return f"about {max(1, round(seconds / 60))} min" if seconds >= 50 else "less than a minute"
