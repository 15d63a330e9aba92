"""The plan of a study: `study/NAME/params.yaml`, which replaces sections of params.yaml."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from pipeline.config.params import load_params
from pipeline.config.schema import Protocol, StrictModel
from pipeline.config.validation import validate
from pipeline.config.yaml_file import read_values
from pipeline.core.errors import PipelineError, did_you_mean
from pipeline.core.paths import PARAMS_FILE, ROOT

STUDIES = ROOT / "study"


class StudyFile(StrictModel):
    """The content of `study/NAME/params.yaml`: sections that replace those of the project's own."""

    protocol: str | None = None
    protocols: dict[str, Protocol] = Field(default_factory=dict)
    runs: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]


@dataclass(frozen=True)
class Plan:
    """A study: its name, and the content of its runs' params.yaml."""

    name: str
    params: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Where its results are saved."""
        return STUDIES / self.name

    def select(self, names: Sequence[str]) -> Sequence[str]:
        """Return `names`, or all runs if empty; PipelineError if one is unknown."""
        known = list(self.params["runs"])
        for name in names:
            if name not in known:
                raise PipelineError(f"study/{self.name}: {name!r} is unknown{did_you_mean(name, known)}")
        return names or known


def load(name: str) -> Plan:
    """Read and validate a study's plan; every error in it is a PipelineError of one line."""
    known = sorted(path.parent.name for path in STUDIES.glob(f"*/{PARAMS_FILE}"))
    if name not in known:
        raise PipelineError(f"study/{name}/{PARAMS_FILE}: not found{did_you_mean(name, known)}")
    load_params()  # reports an error in the project's own file
    try:
        own = read_values(STUDIES / name / PARAMS_FILE)
        validate(StudyFile, own, ())
    except PipelineError as error:
        raise PipelineError(f"study/{name}/{error}") from None
    return Plan(name, read_values(ROOT / PARAMS_FILE) | own)
