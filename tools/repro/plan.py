"""Estimate how long each run takes, from this machine's speed and recorded results (pure functions)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.config.params import Run

STAGES = ("train", "evaluate", "draw")  # the stages of a run, in order
FORWARD = 1 / 3  # cost of predicting an image, relative to training on it
STRESS = 114  # images for each of a run's `stress_images`: 39 corrupted of test and of validation, 36 of another source
# time of a stage besides its images, in multiples of the time that importing TensorFlow takes
FIXED_COST = {"train": 2.2, "evaluate": 1.7, "draw": 0.7}


@dataclass(frozen=True)
class Speed:
    """A recorded training: its network and images per second; `flags` are pooling, dropout, batch_norm.

    A validation image counts as `FORWARD` of a training image.
    """

    run: str
    architecture: str
    flags: tuple[bool, bool, bool]
    images_per_second: float


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


def recorded_speed(record: Mapping[str, Any], environment: Mapping[str, Any]) -> Speed:
    """The speed of a trained run, from its run.json and environment.json."""
    settings = record["settings"]
    images = settings["epochs"] * (settings["training_images"] + FORWARD * settings["validation_images"])
    return Speed(
        record["run"],
        record["architecture"],
        (record["pooling"], record["dropout"], record["batch_norm"]),
        images / max(environment["seconds"], 1e-3),
    )


def most_similar(run: Run, speeds: Sequence[Speed]) -> Speed | None:
    """The recorded training most similar to `run`, of the same architecture; None if there is none.

    `run` itself comes first, then trainings with the same pooling, with fewer differing flags, and the slowest.
    """
    flags = (run.model.pooling, run.model.dropout, run.model.batch_norm)

    def distance(speed: Speed) -> tuple[bool, bool, int, float]:
        differing_flags = sum(mine != other for mine, other in zip(flags, speed.flags, strict=True))
        return speed.run != run.name, speed.flags[0] != flags[0], differing_flags, speed.images_per_second

    return min((speed for speed in speeds if speed.architecture == run.model.architecture), key=distance, default=None)


def runs_to_measure(runs: Sequence[Run]) -> dict[str, str]:
    """Map each architecture to its first run's name; one each, since a machine's speed depends on the architecture."""
    first: dict[str, str] = {}
    for run in runs:
        first.setdefault(run.model.architecture, run.name)
    return first


def training_speed(run: Run, measured: Run, speeds: Sequence[Speed], machine: Machine) -> float:
    """Estimate the training images per second of `run` on this machine.

    The measured speed of another run of its architecture, times the ratio of the two runs' recorded speeds.

    Args:
        run: The run to estimate.
        measured: The run of the same architecture that was measured.
        speeds: The recorded trainings.
        machine: Has the speed of `measured`.
    """
    similar, reference = most_similar(run, speeds), most_similar(measured, speeds)
    scale = similar.images_per_second / reference.images_per_second if similar and reference else 1.0
    return machine.images_per_second[measured.name] * scale


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
