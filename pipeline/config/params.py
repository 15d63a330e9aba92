"""Read `params.yaml` and resolve each run's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.registry import ARCHITECTURES
from pipeline.config import schema
from pipeline.config.validation import KeyPath, config_error, shown, validate
from pipeline.config.yaml_file import read_values
from pipeline.core.errors import PipelineError, did_you_mean
from pipeline.core.paths import PARAMS_FILE, ROOT


@dataclass(frozen=True)
class Run:
    """One entry of `runs`: its name, the network, the protocol's name, its settings.

    It is scored on `test_images` test images, and on `stress_images` of each corruption and severity.
    """

    name: str
    model: schema.ModelConfig
    protocol: str
    train: schema.TrainConfig
    test_images: int
    stress_images: int


@dataclass(frozen=True)
class Params:
    """The validated content of `params.yaml`."""

    fetch: schema.FetchConfig
    preprocess: schema.PreprocessConfig
    stress: schema.StressConfig
    promote: schema.PromoteConfig
    protocol: str
    runs: dict[str, Run]

    def run(self, name: str) -> Run:
        """The run called `name`; PipelineError if there is none."""
        if name not in self.runs:
            raise config_error(("runs", name), f" is unknown{did_you_mean(name, self.runs)}")
        return self.runs[name]


def load_params(path: Path = ROOT / PARAMS_FILE) -> Params:
    """Read and validate `params.yaml`; every error in it is a PipelineError of one line."""
    return parse_params(read_values(path))


def parse_params(values: Any) -> Params:
    """Validate the content of a `params.yaml` and resolve its runs; PipelineError for the first error in it."""
    config = validate(schema.Config, values, ())
    if config.protocol not in config.protocols:
        hint = did_you_mean(config.protocol, config.protocols)
        raise config_error(("protocol",), f": {config.protocol!r} is unknown{hint}")
    for name in config.protocols:
        _check_protocol(config, name)
    runs = {name: _run(config, name, values) for name, values in config.runs.items()}
    for run in runs.values():
        _check_image_counts(run, config.preprocess.validation_images)
    return Params(config.fetch, config.preprocess, config.stress, config.promote, config.protocol, runs)


def _check_protocol(config: schema.Config, name: str) -> None:
    """Validate a protocol's settings for each architecture, and the names that it has test images for."""
    test_images, known = config.protocols[name].test_images, [*ARCHITECTURES, *config.runs]
    for key in test_images:
        if key not in known:
            raise config_error(("protocols", name, "test_images", key), f" is unknown{did_you_mean(key, known)}")
    for architecture in ARCHITECTURES:
        if architecture not in test_images:
            raise config_error(("protocols", name, "test_images", architecture), " is missing")
        _merge(_sections(config, name, architecture))


def _sections(config: schema.Config, protocol: str, architecture: str) -> dict[KeyPath, dict[str, Any]]:
    """A protocol's sections for an architecture, by their place in the file."""
    sections = dict(config.protocols[protocol])
    return {("protocols", protocol, section): sections[section] for section in ("common", architecture)}


def _run(config: schema.Config, name: str, values: Mapping[str, Any]) -> Run:
    """Resolve one run; settings below a protocol's name apply to that protocol only."""
    known = [*schema.ModelConfig.model_fields, *schema.TrainConfig.model_fields, *config.protocols]
    for key in values:
        if key not in known:
            raise config_error(("runs", name, key), f" is unknown{did_you_mean(str(key), known)}")
    model = validate(schema.ModelConfig, _only(values, schema.ModelConfig), ("runs", name))
    if model.architecture not in ARCHITECTURES:
        hint = did_you_mean(model.architecture, ARCHITECTURES)
        raise config_error(("runs", name, "architecture"), f": {model.architecture!r} is unknown{hint}")
    for other in config.protocols:
        if not isinstance(values.get(other, {}), dict):
            raise config_error(
                ("runs", name, other), f": must be a mapping of keys to values; found {shown(values[other])}"
            )
    layers = _sections(config, config.protocol, model.architecture)
    layers[("runs", name)] = _only(values, schema.TrainConfig)
    if config.protocol in values:
        layers[("runs", name, config.protocol)] = values[config.protocol]
    by_name = config.protocols[config.protocol].test_images
    test_images = by_name.get(name, by_name[model.architecture])
    stress_images = images_of_each_corruption(config.stress.share, test_images)
    return Run(name, model, config.protocol, _merge(layers), test_images, stress_images)


def images_of_each_corruption(share: float, test_images: int) -> int:
    """A share of the test images, at least one."""
    return max(1, round(share * test_images))


def _only(values: Mapping[str, Any], model: type[schema.StrictModel]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key in model.model_fields}


def _merge(layers: Mapping[KeyPath, Mapping[str, Any]]) -> schema.TrainConfig:
    """Merge sections of the file, given by place, into one TrainConfig; later sections win."""
    merged: dict[str, Any] = {}
    origins = dict.fromkeys(schema.TrainConfig.model_fields, next(iter(layers)))
    for place, values in layers.items():
        merged |= values
        origins |= dict.fromkeys(values, place)
    return validate(schema.TrainConfig, merged, place, origins)


def _check_image_counts(run: Run, held_out: int) -> None:
    if run.train.validation_data == "validation" and run.train.validation_images > held_out:
        raise PipelineError(
            f"{PARAMS_FILE}: runs.{run.name} validates on {run.train.validation_images} images,"
            f" but preprocess.validation_images holds out {held_out}; lower the one or raise the other"
        )
