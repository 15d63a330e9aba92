"""The only reader of `params.yaml`; `python -m pipeline.params [RUN …]` checks it and the names given."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline import errors, schema
from pipeline.checks import PARAMS, check, mistake
from pipeline.errors import PipelineError, did_you_mean
from pipeline.files import ROOT

ARCHITECTURES = get_args(schema.Architecture)


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
    for name, sections in document.protocols.items():
        _check_protocol(name, sections)
    runs = {name: _run(document, name, values) for name, values in document.runs.items()}
    for run in runs.values():
        _check_counts(run, document.preprocess.validation_images)
    return Params(document.fetch, document.preprocess, document.protocol, runs)


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


def _check_protocol(name: str, sections: Mapping[str, Mapping[str, Any]]) -> None:
    wanted = ("common", *ARCHITECTURES)
    place = ("protocols", name)
    for section in sections:
        if section not in wanted:
            raise mistake((*place, section), f" is unknown{did_you_mean(section, wanted)}")
    for section in wanted:
        if section not in sections:
            raise mistake((*place, section), " is missing")
    for architecture in ARCHITECTURES:
        _merge({(*place, section): sections[section] for section in ("common", architecture)})


def _run(document: schema.Document, name: str, values: Mapping[str, Any]) -> Run:
    known = [*schema.Flags.model_fields, *schema.Protocol.model_fields]
    for key in values:
        if key not in known:
            raise mistake(("runs", name, key), f" is unknown{did_you_mean(str(key), known)}")
    own = {key: value for key, value in values.items() if key in schema.Flags.model_fields}
    overrides = {key: value for key, value in values.items() if key not in own}
    flags = check(schema.Flags, own, ("runs", name))
    place, sections = ("protocols", document.protocol), document.protocols[document.protocol]
    layers = {(*place, section): sections[section] for section in ("common", flags.architecture)}
    return Run(name, flags, document.protocol, _merge(layers | {("runs", name): overrides}))


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
