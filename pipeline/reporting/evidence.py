"""The measurements that the notebook's conclusions are tested on: its networks as published, compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reporting.comparisons import Comparison, Group, adjust, compare
from pipeline.reporting.convergence import Convergence, compare_convergence
from pipeline.reporting.normality import Kernel, kernels
from pipeline.reporting.published import Published, compare_published, published_group

PAIRS = (("vgg", "custom"), ("lenet", "custom"), ("vgg", "lenet"))  # the family of accuracy tests


@dataclass(frozen=True)
class Evidence:
    """Groups by architecture; comparisons by pair, `accuracy` of the runs, `published_accuracy` of published counts."""

    groups: dict[str, Group]
    accuracy: dict[tuple[str, str], Comparison]
    published_accuracy: dict[tuple[str, str], Comparison]
    kernels: list[Kernel]
    published: Published

    def has(self, *architectures: str) -> bool:
        """Whether all of these networks have runs."""
        return all(name in self.groups for name in architectures)

    def accuracy_of(self, architecture: str) -> float:
        """Mean test accuracy of the network's runs if custom has runs, too; else as published."""
        if self.has(architecture, "custom"):
            return self.groups[architecture].mean
        return self.published.test[architecture]["test_accuracy"]

    def convergence(self, first: str, second: str) -> Convergence | None:
        """How soon the two networks converged; None where one has no run or both were too slow."""
        return compare_convergence(self.groups[first], self.groups[second]) if self.has(first, second) else None


def evidence(groups: Sequence[Group], published: Published) -> Evidence:
    """Compare the networks as published, by their published counts where one of the two has no run."""
    chosen = {name: group for name in published.test if (group := published_group(groups, name))}
    printed = [compare_published(first, second, published) for first, second in PAIRS]
    measured = [
        compare(chosen[first], chosen[second]) if first in chosen and second in chosen else counts
        for (first, second), counts in zip(PAIRS, printed, strict=True)
    ]
    return Evidence(
        chosen,
        dict(zip(PAIRS, adjust(measured), strict=True)),
        dict(zip(PAIRS, adjust(printed), strict=True)),
        [kernel for group in chosen.values() for kernel in kernels(group.first)],
        published,
    )
