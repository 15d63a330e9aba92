"""What the notebook's conclusions are tested on: its three networks as printed, from the runs or from its print."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reporting.comparisons import Comparison, compare, compare_published, family
from pipeline.reporting.convergence import Convergence, compare_convergence
from pipeline.reporting.groups import Group, as_printed
from pipeline.reporting.normality import Kernel, kernels
from pipeline.reporting.results import Published

NETWORKS = ("lenet", "vgg", "custom")
PAIRS = (("vgg", "custom"), ("lenet", "custom"), ("vgg", "lenet"))  # the family of accuracy tests


@dataclass(frozen=True)
class Evidence:
    """What the conclusions rest on: the networks as printed, and the three comparisons of their accuracy."""

    groups: dict[str, Group]
    accuracy: dict[tuple[str, str], Comparison]
    on_print: dict[tuple[str, str], Comparison]  # the same by the published counts alone
    kernels: list[Kernel]
    published: Published

    def here(self, *networks: str) -> bool:
        """Whether all of these networks have runs."""
        return all(name in self.groups for name in networks)

    def accuracy_of(self, network: str) -> float:
        """Of its runs if there are runs of custom, which it is compared with, to go with them; else as published."""
        if self.here(network, "custom"):
            return self.groups[network].mean
        return self.published.test[network]["test_accuracy"]

    def race(self, first: str, second: str) -> Convergence | None:
        """How soon the two converged; None where one of them is missing or both were too slow."""
        return compare_convergence(self.groups[first], self.groups[second]) if self.here(first, second) else None


def evidence(groups: Sequence[Group], published: Published) -> Evidence:
    """Paired comparisons of the networks as printed; by published counts where one of the two is missing."""
    chosen = {name: group for name in NETWORKS if (group := as_printed(groups, name))}
    compared = [
        compare(chosen[a], chosen[b]) if a in chosen and b in chosen else compare_published(a, b, published)
        for a, b in PAIRS
    ]
    on_print = [compare_published(a, b, published) for a, b in PAIRS]
    return Evidence(
        chosen,
        dict(zip(PAIRS, family(compared), strict=True)),
        dict(zip(PAIRS, family(on_print), strict=True)),
        [kernel for group in chosen.values() for kernel in kernels(group.first)],
        published,
    )
