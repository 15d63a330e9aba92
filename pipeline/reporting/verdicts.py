"""A claim judged on one ground, and the verdict on several claims together; and what other seeds say."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.reporting.comparisons import Group
from pipeline.reporting.environment import machine
from pipeline.reporting.number_format import listed, ratio, signed
from pipeline.reporting.statistics import Interval

SUPPORTED, CONTRADICTED, NOT_RESOLVED = "supported", "contradicted", "not resolved"
NOTHING = "–"  # the verdict where nothing was published or trained
SET = 5  # seeds of a set that is judged alone


@dataclass(frozen=True)
class Claim:
    """One claim on one ground: its verdict, the reason, and the measurement behind it.

    `effect` is a difference as a fraction, or the natural logarithm of a ratio if `is_ratio`, with its 95 % interval;
    `detectable` the smallest that the same design finds with 80 % power, in the same unit. `others` are the same claim
    at other budgets, which do not decide.
    """

    about: str
    word: str
    why: str
    effect: Interval | None = None
    is_ratio: bool = False
    seeds: tuple[int, ...] = ()
    detectable: float | None = None
    budget: str = ""
    others: tuple["Claim", ...] = ()

    def write(self, value: float) -> str:
        """A value of the effect as text, in percentage points or as a ratio."""
        return ratio(value) if self.is_ratio else signed(value)

    @property
    def effect_text(self) -> str:
        """The effect with its interval."""
        if self.effect is None:
            return NOTHING
        value, low, high = map(self.write, self.effect)
        return f"{value} ({low} to {high})"

    @property
    def detectable_text(self) -> str:
        """The smallest detectable difference, without a sign."""
        return NOTHING if self.detectable is None else self.write(self.detectable).lstrip("+")

    @property
    def seeds_text(self) -> str:
        """The number of seeds of each network."""
        return " + ".join(map(str, self.seeds)) or NOTHING


@dataclass(frozen=True)
class Stability:
    """The verdicts of sets of five seeds, each alone, at the claims' `budgets`."""

    words: Sequence[str]
    budgets: Sequence[str]
    machines: Sequence[str]

    @property
    def short(self) -> str:
        """How many sets say what, and at which budget."""
        budgets = "; ".join(dict.fromkeys(self.budgets))
        said = listed([f"{number} {word}" for word, number in Counter(self.words).items()])
        return f"sets of five seeds, each alone ({budgets}): {said}"

    def __str__(self) -> str:
        return f"{self.short}, on {'; '.join(self.machines)}"


@dataclass(frozen=True)
class Cell:
    """A conclusion on one ground; without `stability` there is one set of seeds."""

    word: str
    claims: tuple[Claim, ...] = ()
    stability: Stability | None = None

    @property
    def every_claim(self) -> list[Claim]:
        """The claims, each followed by those at other budgets."""
        return [one for claim in self.claims for one in (claim, *claim.others)]

    @property
    def reasons(self) -> list[tuple[Claim, str]]:
        """The claims, each with why it is not resolved; empty if it is, or if that has been said."""
        whys = [claim.why if claim.word == NOT_RESOLVED else "" for claim in self.claims]
        return [
            (claim, "" if why in whys[:i] else why)
            for i, (claim, why) in enumerate(zip(self.claims, whys, strict=True))
        ]

    @property
    def short(self) -> str:
        """The verdict, and how many sets of seeds say the same."""
        words = self.stability.words if self.stability else ()
        return self.word + (f" ({words.count(self.word)} of {len(words)} sets)" if words else "")


@dataclass(frozen=True)
class Part:
    """What decides one claim of a cell: a rule, the groups of runs that it judges, and `others` at other budgets."""

    rule: Callable[..., Claim]
    groups: Sequence[Group] = ()
    others: Sequence[Sequence[Group]] = ()


def all_of(claims: Sequence[Claim]) -> str:
    """The verdict on claims that must all hold: contradicted by any, supported only by all."""
    words = {claim.word for claim in claims}
    if CONTRADICTED in words:
        return CONTRADICTED
    return words.pop() if len(words) == 1 else NOT_RESOLVED


def judge(parts: Sequence[Part]) -> Cell:
    """Judge claims together from all their seeds, and again from each set of five alone."""
    claims = tuple(
        replace(part.rule(*part.groups), others=tuple(part.rule(*groups) for groups in part.others)) for part in parts
    )
    return Cell(all_of(claims), claims, _stability(parts))


def _stability(parts: Sequence[Part]) -> Stability | None:
    """Judge sets of seeds, of each part's largest budget that has several; None if none has."""
    repeated = [next(filter(_has_sets, [part.groups, *part.others]), part.groups) for part in parts]
    sets = [[seed_sets(group) for group in groups] for groups in repeated]
    number = max((len(of_group) for of_part in sets for of_group in of_part), default=1)
    if number == 1:
        return None
    alone = []
    for index in range(number):
        chosen = [[of_group[min(index, len(of_group) - 1)] for of_group in of_part] for of_part in sets]
        alone.append([part.rule(*groups) for part, groups in zip(parts, chosen, strict=True)])
    machines = sorted({machine(run.environment) for groups in repeated for group in groups for run in group.runs})
    budgets = [claim.budget for claim in alone[0] if claim.budget]
    return Stability(list(map(all_of, alone)), budgets, machines)


def _has_sets(groups: Sequence[Group]) -> bool:
    return any(len(seed_sets(group)) > 1 for group in groups)


def seed_sets(group: Group) -> list[Group]:
    """The group in sets of five seeds, ascending, each of one kind of hardware; the whole group if that is one set."""
    by_machine: dict[str, list] = {}
    for run in sorted(group.runs, key=lambda run: run.settings["seed"]):
        by_machine.setdefault(machine(run.environment), []).append(run)
    sets = [
        Group(tuple(runs[start : start + SET]))
        for _, runs in sorted(by_machine.items())
        for start in range(0, len(runs) - SET + 1, SET)
    ]
    return sets if len(sets) > 1 else [group]
