"""Read a run's result files; whatever is wrong with one is a PipelineError of one line that names the file."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from models.constants import NUM_CLASSES
from pipeline.core.errors import PipelineError, reason
from pipeline.formats.tables import read_csv, read_json

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
TrainingId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Count = Annotated[int, Field(ge=0, le=2**53)]  # what a float holds exactly
Positive = Annotated[int, Field(gt=0, lt=2**31)]  # as in champion.json
Seconds = Annotated[float, Field(ge=0, le=2**32)]  # a duration, or a time since 1970
Share = Annotated[float, Field(ge=0, le=1)]
Scores = dict[str, Annotated[float, Field(allow_inf_nan=False)]]
Digit = Annotated[int, Field(ge=0, lt=NUM_CLASSES)]


class Content(BaseModel):
    """The required keys of a JSON object. Further keys are allowed; values are not converted."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class Row(BaseModel):
    """The required columns of a CSV row. Further columns are allowed but must hold finite numbers."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)
    __pydantic_extra__: dict[str, float]


class Settings(Content):
    """How the run was trained."""

    epochs: Positive
    training_images: Positive
    validation_images: Positive
    validation_data: Literal["validation", "test"]
    seed: Count
    __pydantic_extra__: dict[str, str | int | float | bool]


class Layer(Content):
    """A layer of the network."""

    layer: str
    type: str
    output_shape: str
    parameters: Count


class Record(Content):
    """`run.json`."""

    run: str
    input_key: Digest
    data_digest: Digest
    architecture: str
    pooling: bool
    dropout: bool
    batch_norm: bool
    protocol: str
    settings: Settings
    parameters: Positive
    multiply_accumulates: Annotated[Count, Field(gt=0)]
    layers: list[Layer]


class Gpu(Content):
    """A GPU."""

    name: str


class Hardware(Content):
    """The machine."""

    processor: str
    cores: Positive
    bfloat16: list[str] | None
    gpus: list[Gpu] | None


class Git(Content):
    """The state of the checkout; None outside git."""

    git_commit: str | None
    git_clean: bool | None
    experiment: str | None = None


class Epoch(Content):
    """When an epoch ended."""

    epoch: Positive
    finished: Seconds


class Sample(Content):
    """The load of the machine."""

    at: Seconds
    __pydantic_extra__: dict[str, float]


class Environment(Content):
    """`environment.json`."""

    training_id: TrainingId
    started: Seconds
    git: Git
    epochs: list[Epoch] | None
    seconds: Seconds
    complete: bool
    host: str
    versions: dict[str, str]
    hardware: Hardware
    precision: str
    threads: Count
    system: list[Sample] | None


class Metrics(Content):
    """`metrics.json`."""

    val_loss: float
    val_accuracy: Share
    test_loss: float
    test_accuracy: Share
    test_errors: Count


class Histogram(Content):
    """A kernel's weights, counted in bins of equal width: a row of counts an epoch."""

    low: float
    high: float
    counts: Annotated[list[list[Count]], Field(min_length=1)]
    below: list[Count] = Field(default_factory=list)
    above: list[Count] = Field(default_factory=list)

    @model_validator(mode="after")
    def _equal_bins(self) -> Self:
        epochs, bins = len(self.counts), len(self.counts[0])
        counted = "below" in self.model_fields_set or "above" in self.model_fields_set
        whole = len(self.below) == len(self.above) == (epochs if counted else 0)
        equal = whole and {len(row) for row in self.counts} == {bins} and bins >= 3
        weights = sum(self.counts[0]) + sum(self.below[:1] + self.above[:1])
        if not (equal and weights and self.low < self.high):
            raise ValueError("expected a row of counts an epoch, each of the same three or more bins from low to high")
        return self


class HistoryRow(Row):
    """A row of `history.csv`."""

    epoch: Positive
    train_loss: float
    train_accuracy: Share
    val_loss: float
    val_accuracy: Share


class WeightsRow(Row):
    """A row of `weights.csv`; epoch 0 is before the training."""

    epoch: Count
    layer: str
    standard_deviation: float
    skew: float
    excess_kurtosis: float


class PredictionsRow(Row):
    """A row of `predictions.csv`; without `image`, the rows are those of all test images in order."""

    image: Count | None = None
    actual: Digit
    predicted: Digit


class StressRow(Row):
    """A row of `stress.csv`: a character of `actual` and `predicted` for each image."""

    corruption: str
    severity: str
    accuracy: Share
    actual: Annotated[str, Field(pattern=r"^[0-9]+$")]
    predicted: Annotated[str, Field(pattern=r"^[0-9]+$")]

    @model_validator(mode="after")
    def _equally_long(self) -> Self:
        if len(self.actual) != len(self.predicted):
            raise ValueError("expected as many answers as images")
        return self


SCHEMAS: dict[str, TypeAdapter] = {
    "run.json": TypeAdapter(Record),
    "environment.json": TypeAdapter(Environment),
    "metrics.json": TypeAdapter(Metrics),
    "stress.json": TypeAdapter(Scores),
    "validation_stress.json": TypeAdapter(Scores),
    "histograms.json": TypeAdapter(dict[str, Histogram]),
    "history.csv": TypeAdapter(Annotated[list[HistoryRow], Field(min_length=1)]),
    "weights.csv": TypeAdapter(Annotated[list[WeightsRow], Field(min_length=1)]),
    "predictions.csv": TypeAdapter(Annotated[list[PredictionsRow], Field(min_length=1)]),
    "stress.csv": TypeAdapter(list[StressRow]),
}


def read_result(path: Path) -> Any:
    """The checked content of a run's result file: what a JSON file holds, or a CSV file's rows with numbers in them.

    Args:
        path: `results/runs/RUN/NAME` with one of the names in SCHEMAS; FileNotFoundError if it is missing.
    """
    try:
        if path.suffix == ".json":
            content = read_json(path)
            SCHEMAS[path.name].validate_python(content)
            return content
        rows = SCHEMAS[path.name].validate_python(read_csv(path))
        return [row.model_dump(exclude_none=True) for row in rows]
    except ValidationError as error:
        raise damaged(path, _first(error)) from None
    except (ValueError, RecursionError) as error:  # no JSON, no CSV, no UTF-8
        raise damaged(path, reason(error)) from None


def read_probabilities(path: Path, images: int) -> np.ndarray:
    """The class probabilities in `probabilities.npy`, float32 (N, 10), for `images` test images."""
    expected = (images, NUM_CLASSES)
    with path.open("rb") as stream:
        try:
            found = np.load(stream, allow_pickle=False)
            sound = found.dtype == np.float32 and found.shape == expected and bool(np.isfinite(found).all())
            problem = f"found {found.dtype} of shape {found.shape}, expected finite float32 of shape {expected}"
        except Exception as error:  # of any type, for a malformed header
            raise damaged(path, reason(error)) from None
    if not sound:
        raise damaged(path, problem)
    return found


def damaged(path: Path, problem: str) -> PipelineError:
    """A result file cannot be used."""
    run = path.parent.name
    return PipelineError(f"results/runs/{run}/{path.name}: {problem}; run `dvc repro train@{run} evaluate@{run}`")


def _first(error: ValidationError) -> str:
    """The first problem: the place, what was expected and what was found."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"{place} is missing"
    return f"{place}: {first['msg']}; found {first['input']!r:.60}" if place else f"{first['msg']}"
