"""What pooling, dropout and batch normalisation change: groups with and without each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reporting.comparisons import Comparison, Group, adjust, compare
from pipeline.reporting.results import Result, differing_settings

COMPONENTS = ("pooling", "dropout", "batch normalisation")


@dataclass(frozen=True)
class Effect:
    """The comparison of a network with a component and without it; `other_settings` are those that differ, too.

    `runs` represent the two.
    """

    architecture: str
    component: str
    comparison: Comparison
    other_settings: tuple[str, ...]
    runs: tuple[Result, Result]

    @property
    def fair(self) -> bool:
        """Whether the two differ in the component alone."""
        return not self.other_settings


def ablation_effects(groups: Sequence[Group]) -> list[Effect]:
    """Compare each group, for each component that it has, with the group without it; p-values adjusted for all.

    Among several groups without the component, the one with the fewest other settings that differ is taken.
    """
    pairs = []
    for group in groups:
        for index, component in enumerate(COMPONENTS):
            without = [other for other in groups if _is_pair(index, group, other)]
            if without:
                pairs.append((component, group, min(without, key=lambda other: len(_differing(group, other)))))
    comparisons = adjust([compare(group, without) for _, group, without in pairs])
    return [
        Effect(
            group.first.architecture, component, comparison, _differing(group, without), (group.first, without.first)
        )
        for (component, group, without), comparison in zip(pairs, comparisons, strict=True)
    ]


def _is_pair(index: int, group: Group, other: Group) -> bool:
    """Whether `group` has the component of that index, and `other` is the same network without it."""
    expected = list(group.first.flags)
    expected[index] = False
    same = other.first.architecture == group.first.architecture
    return same and group.first.flags[index] and list(other.first.flags) == expected


def _differing(group: Group, other: Group) -> tuple[str, ...]:
    """The names of the settings in which two groups differ, apart from the seed, with spaces."""
    keys = differing_settings([group.first, other.first])
    return tuple(key.replace("_", " ") for key in keys if key != "seed")
