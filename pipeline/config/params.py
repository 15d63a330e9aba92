"""Read `params.yaml` and resolve each run's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from models.registry import ARCHITECTURES
from pipeline.config import schema
from pipeline.config.validation import config_error, validate
from pipeline.core.errors import PipelineError, did_you_mean
from pipeline.core.paths import PARAMS_FILE, ROOT


@dataclass(frozen=True)
class Run:
    """One entry of `runs`: its name, the network, the protocol's name, and the resolved training settings."""

    name: str
    model: schema.ModelConfig
    protocol: str
    train: schema.TrainConfig


@dataclass(frozen=True)
class Params:
    """The checked content of `params.yaml`."""

    fetch: schema.FetchConfig
    preprocess: schema.PreprocessConfig
    promote: schema.PromoteConfig
    protocol: str
    runs: dict[str, Run]

    def run(self, name: str) -> Run:
        """The run called `name`; PipelineError with the nearest known name if there is none."""
        if name not in self.runs:
            raise config_error(("runs", name), f" is unknown{did_you_mean(name, self.runs)}")
        return self.runs[name]


def load_params(path: Path = ROOT / PARAMS_FILE) -> Params:
    """Read and validate `params.yaml`; every error in it is a PipelineError of one line."""
    values = _read(path)
    config = validate(schema.Config, values, ())
    if config.protocol not in config.protocols:
        hint = did_you_mean(config.protocol, config.protocols)
        raise config_error(("protocol",), f": {config.protocol!r} is unknown{hint}")
    for name in config.protocols:
        _check_protocol(config, name)
    runs = {name: _run(config, name, values) for name, values in config.runs.items()}
    for run in runs.values():
        _check_image_counts(run, config.preprocess.validation_images)
    return Params(config.fetch, config.preprocess, config.promote, config.protocol, runs)


def _read(path: Path) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; restore it with `git checkout {PARAMS_FILE}`") from None
    except OSError as error:
        raise PipelineError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise PipelineError(f"{PARAMS_FILE}: byte {error.start} is not UTF-8 text") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise config_error((), f"line {mark.line + 1}: {error.problem}" if mark else f"{error.problem}") from None
    except (YAMLError, ValueError, LookupError, OverflowError, RecursionError) as error:
        raise config_error((), f"cannot be read as YAML: {' '.join(str(error).split())}") from None


def _check_protocol(config: schema.Config, name: str) -> None:
    """Require a common section, and a section for each architecture that any protocol has."""
    place, sections = ("protocols", name), config.protocols[name]
    if "common" not in sections:
        raise config_error((*place, "common"), " is missing")
    for other, others in config.protocols.items():
        for section in others:
            if section not in sections:
                hint = did_you_mean(section, sections)
                raise config_error((*place, section), f" is missing, but protocols.{other} has it{hint}")
    for architecture in sections:
        if architecture != "common":
            _merge({(*place, section): sections[section] for section in ("common", architecture)})


def _run(config: schema.Config, name: str, values: Mapping[str, Any]) -> Run:
    """Resolve one run; settings below a protocol's name apply to that protocol only."""
    known = [*schema.ModelConfig.model_fields, *schema.TrainConfig.model_fields, *config.protocols]
    for key in values:
        if key not in known:
            raise config_error(("runs", name, key), f" is unknown{did_you_mean(str(key), known)}")
    model = validate(schema.ModelConfig, _only(values, schema.ModelConfig), ("runs", name))
    place, sections = ("protocols", config.protocol), config.protocols[config.protocol]
    if model.architecture not in sections or model.architecture == "common":
        hint = did_you_mean(model.architecture, [section for section in sections if section != "common"])
        raise config_error(("runs", name, "architecture"), f": {model.architecture!r} is unknown{hint}")
    if model.architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise config_error(
            ("runs", name, "architecture"), f": {model.architecture!r} is not in models/registry.py (known: {known})"
        )
    for protocol in config.protocols:
        if not isinstance(values.get(protocol, {}), dict):
            raise config_error(
                ("runs", name, protocol), f": must be a mapping of keys to values; found {values[protocol]!r}"
            )
    layers = {(*place, section): sections[section] for section in ("common", model.architecture)}
    layers[("runs", name)] = _only(values, schema.TrainConfig)
    if config.protocol in values:
        layers[("runs", name, config.protocol)] = values[config.protocol]
    return Run(name, model, config.protocol, _merge(layers))


def _only(values: Mapping[str, Any], model: type[schema.StrictModel]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key in model.model_fields}


def _merge(layers: Mapping[tuple[str, ...], Mapping[str, Any]]) -> schema.TrainConfig:
    """Merge sections of the file, given by place, into one TrainConfig; later sections win."""
    merged: dict[str, Any] = {}
    homes = dict.fromkeys(schema.TrainConfig.model_fields, next(iter(layers)))
    for place, values in layers.items():
        merged |= values
        homes |= dict.fromkeys(values, place)
    return validate(schema.TrainConfig, merged, place, homes)


def _check_image_counts(run: Run, held_out: int) -> None:
    if run.train.validation_data == "validation" and run.train.validation_images > held_out:
        raise PipelineError(
            f"{PARAMS_FILE}: runs.{run.name} validates on {run.train.validation_images} images,"
            f" but preprocess.validation_images holds out {held_out}; lower the one or raise the other"
        )
