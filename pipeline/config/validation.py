"""Validate sections of `params.yaml` against the schema; every error is one line that names the key."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.core.errors import PipelineError, did_you_mean, printable
from pipeline.core.paths import PARAMS_FILE

KeyPath = tuple[str, ...]  # the keys that lead to a value: ("runs", "lenet-plain", "seed")
Model = TypeVar("Model", bound=BaseModel)
MESSAGES = {  # by pydantic's error type, in place of its own
    "model_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of keys to values",
    "too_short": "must not be empty",
}


class StrictModel(BaseModel):
    """A section with known keys only, whose values are never converted: '3' is not 3 and 1 is not true.

    An integer is accepted where a float is expected; NaN and infinity are not.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def validate(model: type[Model], values: Any, where: KeyPath, origins: Mapping[str, KeyPath] | None = None) -> Model:
    """Validate the section at `where`; PipelineError for the first error in it.

    An unknown key is reported before a missing one, since a misspelt key is why the right one is missing.

    Args:
        model: The section's schema.
        values: The section as read from the file.
        where: Where the section stands in the file.
        origins: For a section merged from several places, where each of its keys came from.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    parts = [part for part in first["loc"] if part != "[key]"]
    key = (*((origins or {}).get(parts[0], where) if parts else where), *parts)
    if first["type"] == "extra_forbidden":
        raise config_error(key, f" is unknown{did_you_mean(parts[-1], _section(model, parts[:-1]).model_fields)}")
    if first["type"] == "missing":
        raise config_error(key, " is missing")
    subject = "the key must" if "[key]" in first["loc"] else "must"
    message = MESSAGES.get(first["type"], first["msg"]).removeprefix("Value error, ").replace("Input should", subject)
    found = "" if first["type"] == "value_error" else f"; found {shown(first['input'])}"
    raise config_error(key, f": {message}{found}" if key else f"{message}{found}")


def config_error(key: Iterable[Any], message: str) -> PipelineError:
    """An error in one line about the key at the path `key`."""
    return PipelineError(printable(f"{PARAMS_FILE}: {'.'.join(map(str, key))}{message}"))


def shown(value: Any) -> str:
    """A value as an error message shows it."""
    return "nothing" if value is None else f"{value!r:.80}"


def _section(model: Any, parts: Iterable[Any]) -> type[BaseModel]:
    """The schema of the section below `model` at the keys `parts`."""
    for part in parts:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else get_args(model)[-1]
    return model
