"""What a study is: `study/NAME/params.yaml` laid over the project's params.yaml, perhaps with a search in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.config.schema import Positive, Seed, Share, StrictModel
from pipeline.config.validation import validate
from pipeline.core.errors import PipelineError, did_you_mean
from pipeline.core.paths import PARAMS_FILE, ROOT

FOLDER = ROOT / "study"
KEYS = ("protocol", "protocols", "runs", "search")


class Budget(StrictModel):
    """So many training images, so many times; perhaps trained after another of the search's recipes."""

    epochs: Positive
    training_images: Positive
    recipe: str | None = None

    @property
    def images(self) -> int:
        """Training images seen, counted once an epoch."""
        return self.epochs * self.training_images


class Search(StrictModel):
    """For the first of `budgets` whose validation accuracy, in the mean of `seeds`, reaches `target`.

    `run` is what a budget, its recipe of `recipes` and a seed are added to. At the budget found, `beside` is trained
    too: a run's name, and what it has other than these.
    """

    target: Share
    seeds: Annotated[list[Seed], Field(min_length=1)]
    run: dict[str, Any]
    budgets: Annotated[list[Budget], Field(min_length=1)]
    beside: dict[str, dict[str, Any]]
    recipes: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_recipes(self) -> Self:
        for budget in self.budgets:
            if budget.recipe not in (None, *self.recipes):
                raise ValueError(f"recipe {budget.recipe!r} is unknown{did_you_mean(budget.recipe, self.recipes)}")
        return self

    def settings(self, budget: Budget) -> dict[str, Any]:
        """How a run of that budget is trained, but for its seed."""
        recipe = self.recipes.get(budget.recipe, {})
        return {**self.run, **recipe, "epochs": budget.epochs, "training_images": budget.training_images}


class Searches(StrictModel):
    """The section `search`: by network."""

    search: dict[str, Search]


@dataclass(frozen=True)
class Plan:
    """A study: its name, the whole params.yaml that its runs are trained with, and its searches by network."""

    name: str
    params: dict[str, Any]
    searches: dict[str, Search]

    @property
    def folder(self) -> Path:
        """Where its results are kept."""
        return FOLDER / self.name

    def chosen(self, names: Sequence[str]) -> Sequence[str]:
        """The runs, or networks of its searches, to work on: `names`, all if none; PipelineError if one is unknown."""
        known = [*self.searches, *self.params["runs"]]
        for name in names:
            if name not in known:
                raise PipelineError(f"study/{self.name}: {name!r} is unknown{did_you_mean(name, known)}")
        return names or known


def load(name: str) -> Plan:
    """The study of that name; a PipelineError naming the known ones if there is none."""
    known = sorted(path.parent.name for path in FOLDER.glob(f"*/{PARAMS_FILE}"))
    if name not in known:
        raise PipelineError(f"study/{name}/{PARAMS_FILE}: not found{did_you_mean(name, known)}")
    own = _read(FOLDER / name / PARAMS_FILE)
    for key in own:
        if key not in KEYS:
            raise PipelineError(f"study/{name}/{PARAMS_FILE}: {key} is unknown{did_you_mean(str(key), KEYS)}")
    searches = {"search": own.pop("search", {})}
    try:
        found = validate(Searches, searches, ()).search
    except PipelineError as error:
        raise PipelineError(f"study/{name}/{error}") from None
    return Plan(name, _read(ROOT / PARAMS_FILE) | {"runs": {}} | own, found)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, ValueError) as error:
        raise PipelineError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise PipelineError(f"{path}: found {type(values).__name__}, expected keys and values")
    return values
