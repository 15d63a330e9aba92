"""Which two groups of runs are compared: of equal recipes, with enough seeds, at equal cost."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.reporting.comparisons import Group
from pipeline.reporting.number_format import flops
from pipeline.reporting.results import Result

TOLERANCE = 0.05  # costs that differ by no more count as equal
# What may differ between two groups: the budget, what is tuned for each network with equal effort, and what changes
# nothing in a network without batch normalisation, or only the rounding.
FREE = {"epochs", "training_images", "validation_images", "learning_rate", "batch_size", "warmup"}
FREE |= {"seed", "threads", "batch_norm_momentum", "precision"}  # the precision used is compared instead


@dataclass(frozen=True)
class Cost:
    """What a training costs in one sense: `of` a run, as a number, and `write` as text, in a unit."""

    ground: str
    of: Callable[[Result], float]
    write: Callable[[float], str]
    unit: str


IMAGES = Cost("at equal training images", lambda run: run.images_seen, "{:,}".format, "images")
COMPUTE = Cost("at equal training compute", lambda run: run.training_flops, flops, "TFLOP")


@dataclass(frozen=True)
class Pair:
    """Two groups that are compared at a cost."""

    first: Group
    second: Group
    cost: Cost

    @property
    def groups(self) -> tuple[Group, Group]:
        """Both groups."""
        return self.first, self.second

    @property
    def costs(self) -> tuple[float, float]:
        """The cost of a training of each."""
        return self.cost.of(self.first.first), self.cost.of(self.second.first)

    @property
    def equal(self) -> bool:
        """Whether both cost the same, within 5 %."""
        return min(self.costs) >= (1 - TOLERANCE) * max(self.costs)

    @property
    def seeds(self) -> tuple[int, int]:
        """The number of runs of each."""
        return len(self.first.runs), len(self.second.runs)

    @property
    def budget(self) -> str:
        """What each training cost, in words."""
        first, second = map(self.cost.write, self.costs)
        scales = {f"{group.first.settings.get('dropout_scale', 1.0):g}" for group in self.groups}
        dropout = f", dropout rates × {scales.pop()}" if len(scales) == 1 else ""
        if first == second:
            return f"{first} {self.cost.unit} each{dropout}"
        return f"{self.names[0]} {first}, {self.names[1]} {second} {self.cost.unit}{dropout}"

    @property
    def names(self) -> tuple[str, str]:
        """The architecture of each."""
        return self.first.first.architecture, self.second.first.architecture

    @property
    def differences(self) -> list[str]:
        """What differs between the two recipes and may not, with both values."""
        recipes = [_recipe(group) for group in self.groups]
        names = dict.fromkeys([*recipes[0], *recipes[1]])
        values = {name: [recipe.get(name) or 0 for recipe in recipes] for name in names}
        return [f"{name} {a} against {b}".replace("_", " ") for name, (a, b) in values.items() if a != b]

    def shares_budget(self, other: "Pair") -> bool:
        """Whether the trainings of both pairs cost the same, within 5 %, under equal recipes."""
        costs = (*self.costs, *other.costs)
        equal = min(costs) >= (1 - TOLERANCE) * max(costs)
        return equal and not self.differences + other.differences and _recipe(self.first) == _recipe(other.first)


def pairs(firsts: Sequence[Group], seconds: Sequence[Group], cost: Cost, seeds: int) -> list[Pair]:
    """All pairs, the one that decides first.

    That is one of equal recipes before others, of at least so many seeds on each side, and of equal cost: then the one
    with the largest budget, and without equal cost the one whose costs are closest; of several such the first in
    `params.yaml`.
    """
    every = [Pair(first, second, cost) for first in firsts for second in seconds]

    def rank(pair: Pair) -> tuple[bool, bool, bool, float]:
        ratio = abs(math.log(pair.costs[0] / pair.costs[1]))
        unequal = not pair.equal
        return bool(pair.differences), min(pair.seeds) < seeds, unequal, ratio if unequal else -pair.costs[0]

    return sorted(every, key=rank)


def _recipe(group: Group) -> dict[str, object]:
    """The settings that the groups of a pair must share; a missing setting counts as 0."""
    settings = {key: value for key, value in group.first.settings.items() if key not in FREE}
    return settings | {"precision": " and ".join(sorted({run.environment["precision"] for run in group.runs}))}
