"""The only reader of `params.yaml`; `python -m pipeline.params [RUN …]` checks it and the names given."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline import errors, schema
from pipeline.checks import PARAMS, check, mistake
from pipeline.errors import PipelineError, did_you_mean
from pipeline.files import ROOT


@dataclass(frozen=True)
class Run:
    """One line of `runs`: its name, which network, and how to train it."""

    name: str
    flags: schema.Flags
    protocol_name: str
    protocol: schema.Protocol


@dataclass(frozen=True)
class Params:
    """The checked content of `params.yaml`."""

    fetch: schema.Fetch
    preprocess: schema.Preprocess
    promote: schema.Promote
    protocol: str
    runs: dict[str, Run]

    def run(self, name: str) -> Run:
        """The run called `name`; a PipelineError naming the nearest known one if there is none."""
        if name not in self.runs:
            raise mistake(("runs", name), f" is unknown{did_you_mean(name, self.runs)}")
        return self.runs[name]


def load(path: Path = ROOT / PARAMS) -> Params:
    """Read and check `params.yaml`; every mistake is a PipelineError of one line."""
    values = _read(path)
    document = check(schema.Document, values, ())
    if document.protocol not in document.protocols:
        hint = did_you_mean(document.protocol, document.protocols)
        raise mistake(("protocol",), f": {document.protocol!r} is unknown{hint}")
    for name in document.protocols:
        _check_protocol(document, name)
    runs = {name: _run(document, name, values) for name, values in document.runs.items()}
    for run in runs.values():
        _check_counts(run, document.preprocess.validation_images)
    return Params(document.fetch, document.preprocess, document.promote, document.protocol, runs)


def _read(path: Path) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; restore it with `git checkout {PARAMS}`") from None
    except OSError as error:
        raise PipelineError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise PipelineError(f"{PARAMS}: byte {error.start} is not UTF-8 text") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise mistake((), f"line {mark.line + 1}: {error.problem}" if mark else f"{error.problem}") from None
    except (YAMLError, ValueError, LookupError, OverflowError, RecursionError) as error:
        raise mistake((), f"cannot be read as YAML: {' '.join(str(error).split())}") from None


def _check_protocol(document: schema.Document, name: str) -> None:
    """Every protocol has a common section, and a section for each architecture that any of them has."""
    place, sections = ("protocols", name), document.protocols[name]
    if "common" not in sections:
        raise mistake((*place, "common"), " is missing")
    for other, others in document.protocols.items():
        for section in others:
            if section not in sections:
                hint = did_you_mean(section, sections)
                raise mistake((*place, section), f" is missing, but protocols.{other} has it{hint}")
    for architecture in sections:
        if architecture != "common":
            _merge({(*place, section): sections[section] for section in ("common", architecture)})


def _run(document: schema.Document, name: str, values: Mapping[str, Any]) -> Run:
    """The run; what it says under a protocol's name counts in that protocol only."""
    known = [*schema.Flags.model_fields, *schema.Protocol.model_fields, *document.protocols]
    for key in values:
        if key not in known:
            raise mistake(("runs", name, key), f" is unknown{did_you_mean(str(key), known)}")
    flags = check(schema.Flags, _only(values, schema.Flags), ("runs", name))
    place, sections = ("protocols", document.protocol), document.protocols[document.protocol]
    if flags.architecture not in sections or flags.architecture == "common":
        hint = did_you_mean(flags.architecture, [section for section in sections if section != "common"])
        raise mistake(("runs", name, "architecture"), f": {flags.architecture!r} is unknown{hint}")
    for protocol in document.protocols:
        if not isinstance(values.get(protocol, {}), dict):
            raise mistake(
                ("runs", name, protocol), f": must be a mapping of keys to values; found {values[protocol]!r}"
            )
    layers = {(*place, section): sections[section] for section in ("common", flags.architecture)}
    layers[("runs", name)] = _only(values, schema.Protocol)
    if document.protocol in values:
        layers[("runs", name, document.protocol)] = values[document.protocol]
    return Run(name, flags, document.protocol, _merge(layers))


def _only(values: Mapping[str, Any], model: type[schema.Section]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key in model.model_fields}


def _merge(layers: Mapping[tuple[str, ...], Mapping[str, Any]]) -> schema.Protocol:
    """A protocol from the sections at several places in the file, a later one over those before it."""
    merged: dict[str, Any] = {}
    homes = dict.fromkeys(schema.Protocol.model_fields, next(iter(layers)))
    for place, values in layers.items():
        merged |= values
        homes |= dict.fromkeys(values, place)
    return check(schema.Protocol, merged, place, homes)


def _check_counts(run: Run, held_out: int) -> None:
    protocol = run.protocol
    if protocol.validation_data == "validation" and protocol.validation_images > held_out:
        raise PipelineError(
            f"{PARAMS}: runs.{run.name} validates on {protocol.validation_images} images,"
            f" but preprocess.validation_images holds out {held_out}; lower the one or raise the other"
        )


def main(arguments: argparse.Namespace) -> None:
    """Check the file, and that every run named is in it."""
    params = load()
    for name in arguments.runs:
        params.run(name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help="names that must be in `runs`")
    errors.run(main, parser)
