"""Check values of `params.yaml` against the schema, and say what is wrong with them in one line."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from pipeline.errors import PipelineError, did_you_mean

PARAMS = Path("params.yaml")
Key = tuple[str, ...]  # the way to a value: ("runs", "lenet-plain", "seed")
Model = TypeVar("Model", bound=BaseModel)
WORDS = {  # instead of pydantic's, by type of mistake
    "model_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of keys to values",
    "too_short": "must not be empty",
}


def check(model: type[Model], values: Any, where: Key, homes: Mapping[str, Key] | None = None) -> Model:
    """The section at `where`, checked; PipelineError if it is wrong.

    What was merged from several sections has the home of each of its keys in `homes`. An unknown key is reported
    first: a misspelt key is why the right one is missing.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    parts = [part for part in first["loc"] if part != "[key]"]
    key = (*((homes or {}).get(parts[0], where) if parts else where), *parts)
    if first["type"] == "extra_forbidden":
        raise mistake(key, f" is unknown{did_you_mean(parts[-1], _section(model, parts[:-1]).model_fields)}")
    if first["type"] == "missing":
        raise mistake(key, " is missing")
    subject = "the key must" if "[key]" in first["loc"] else "must"
    message = WORDS.get(first["type"], first["msg"]).removeprefix("Value error, ").replace("Input should", subject)
    found = "" if first["type"] == "value_error" else f"; found {_shown(first['input'])}"
    raise mistake(key, f": {message}{found}" if key else f"{message}{found}")


def mistake(key: Iterable[Any], message: str) -> PipelineError:
    """The error about the dotted `key`; whatever would break its line is written as an escape."""
    text = f"{PARAMS}: {'.'.join(map(str, key))}{message}"
    return PipelineError("".join(char if char.isprintable() else repr(char)[1:-1] for char in text))


def _section(model: Any, parts: Iterable[Any]) -> type[BaseModel]:
    """The model of the section that `parts` lead to, through sections and mappings of sections."""
    for part in parts:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else get_args(model)[-1]
    return model


def _shown(value: Any) -> str:
    try:
        return "nothing" if value is None else f"{value!r:.80}"
    except ValueError:  # Python refuses to print whole numbers of more than 4300 digits
        return "a number too long to print"
