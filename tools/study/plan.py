"""The plan of a study: `study/NAME/params.yaml`, which replaces sections of params.yaml and may have a search."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from pipeline.config.params import load_params
from pipeline.config.schema import Positive, Protocol, Seed, Share, StrictModel
from pipeline.config.validation import validate
from pipeline.config.yaml_file import read_values
from pipeline.core.errors import PipelineError, did_you_mean
from pipeline.core.paths import PARAMS_FILE, ROOT

STUDIES = ROOT / "study"


class Budget(StrictModel):
    """How much a run of a search trains, and optionally by which of the search's recipes."""

    epochs: Positive
    training_images: Positive
    recipe: str | None = None

    @property
    def images_seen(self) -> int:
        """Training images, counted once an epoch."""
        return self.epochs * self.training_images


class Search(StrictModel):
    """Finds the first of `budgets` whose validation accuracy, averaged over `seeds`, reaches `target`.

    Its runs have the settings `run`, those of the budget and its recipe, and a seed. At the budget found,
    `comparison_runs` are trained too: by name, the settings in which they differ.
    """

    target: Share
    seeds: Annotated[list[Seed], Field(min_length=1)]
    run: dict[str, Any]
    budgets: Annotated[list[Budget], Field(min_length=1)]
    comparison_runs: dict[str, dict[str, Any]]
    recipes: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_recipes(self) -> Self:
        for budget in self.budgets:
            if budget.recipe not in (None, *self.recipes):
                raise ValueError(f"recipe {budget.recipe!r} is unknown{did_you_mean(budget.recipe, self.recipes)}")
        return self

    def settings(self, budget: Budget) -> dict[str, Any]:
        """The settings of the budget's runs, without a seed."""
        recipe = self.recipes.get(budget.recipe, {})
        return {**self.run, **recipe, "epochs": budget.epochs, "training_images": budget.training_images}


class StudyFile(StrictModel):
    """The content of `study/NAME/params.yaml`; `search` has an entry for each network."""

    protocol: str | None = None
    protocols: dict[str, Protocol] = Field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = Field(default_factory=dict)
    search: dict[str, Search] = Field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A study: its name, the content of its runs' params.yaml, and its searches by network."""

    name: str
    params: dict[str, Any]
    searches: dict[str, Search]

    @property
    def folder(self) -> Path:
        """Where its results are saved."""
        return STUDIES / self.name

    def select(self, names: Sequence[str]) -> Sequence[str]:
        """Return `names`, or all runs and searched networks if empty; PipelineError if one is unknown."""
        known = [*self.searches, *self.params["runs"]]
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
        searches = validate(StudyFile, own, ()).search
    except PipelineError as error:
        raise PipelineError(f"study/{name}/{error}") from None
    sections = {key: value for key, value in own.items() if key != "search"}
    return Plan(name, read_values(ROOT / PARAMS_FILE) | {"runs": {}} | sections, searches)
