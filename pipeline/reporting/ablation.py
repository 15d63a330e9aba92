"""What pooling, dropout and batch normalisation did: groups that differ in one of them, against each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reporting.comparisons import Comparison, compare, family
from pipeline.reporting.groups import Group

FLAGS = ("pooling", "dropout", "batch normalisation")


@dataclass(frozen=True)
class Effect:
    """`comparison` is with the ingredient less without it; `also` names settings in which the two differ besides."""

    architecture: str
    ingredient: str
    comparison: Comparison
    also: tuple[str, ...]


def ablation_effects(groups: Sequence[Group]) -> list[Effect]:
    """Each group and ingredient that it has, against the group without it that is most alike; one family of tests."""
    pairs = []
    for group in groups:
        for index, ingredient in enumerate(FLAGS):
            without = [other for other in groups if _lacks_only(index, group, other)]
            if without:
                nearest = min(without, key=lambda other: len(_differing(group, other)))
                pairs.append((ingredient, group, nearest))
    compared = family([compare(group, nearest) for _, group, nearest in pairs])
    return [
        Effect(group.first.architecture, ingredient, comparison, _differing(group, nearest))
        for (ingredient, group, nearest), comparison in zip(pairs, compared, strict=True)
    ]


def _lacks_only(index: int, group: Group, other: Group) -> bool:
    """Whether the other is the same network without the ingredient of that index, which the group has."""
    wanted = list(group.first.flags)
    wanted[index] = False
    alike = other.first.architecture == group.first.architecture
    return alike and group.first.flags[index] and list(other.first.flags) == wanted


def _differing(one: Group, other: Group) -> tuple[str, ...]:
    first, second = one.first.settings, other.first.settings
    keys = dict.fromkeys((*first, *second))
    return tuple(key.replace("_", " ") for key in keys if key != "seed" and first.get(key) != second.get(key))
