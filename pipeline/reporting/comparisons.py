"""Two groups of runs against each other in test accuracy, by the test that suits what there is of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.reporting import statistics
from pipeline.reporting.groups import Group
from pipeline.reporting.results import Published
from pipeline.reporting.statistics import Interval

PAIRED = "McNemar, exact, on the same images"
SEEDS = "Welch's t over seeds"
UNPAIRED = "Fisher, exact, on published counts (unpaired)"
PUBLISHED_IMAGES = 10_000


@dataclass(frozen=True)
class Comparison:
    """`difference` is the first's accuracy less the second's; `p` is two-sided, `adjusted` within its family (Holm).

    `only_first` and `only_second` count the images that only the one got right, None where the test is not paired.
    `images` are the training images that each saw.
    """

    first: str
    second: str
    test: str
    difference: Interval
    p: float
    images: tuple[int, int]
    only_first: int | None = None
    only_second: int | None = None
    adjusted: float = 1.0

    @property
    def significant(self) -> bool:
        """Whether the difference is more than chance explains, after the adjustment."""
        return self.adjusted < statistics.ALPHA

    def reversed(self) -> "Comparison":
        """The same, seen from the second."""
        value, low, high = self.difference
        return replace(
            self,
            first=self.second,
            second=self.first,
            difference=Interval(-value, -high, -low),
            images=self.images[::-1],
            only_first=self.only_second,
            only_second=self.only_first,
        )


def compare(first: Group, second: Group) -> Comparison:
    """Over seeds where both have several, else on the images of two runs, of the same seed if there are such."""
    images = (first.first.images_seen, second.first.images_seen)
    if len(first.runs) > 1 and len(second.runs) > 1:
        difference, p = statistics.over_seeds(first.accuracies, second.accuracies)
        return Comparison(first.name, second.name, SEEDS, difference, p, images)
    seeds = {run.settings["seed"]: run for run in reversed(second.runs)}
    one = next((run for run in first.runs if run.settings["seed"] in seeds), first.first)
    other = seeds.get(one.settings["seed"], second.first)
    only_first, only_second = int((one.right & ~other.right).sum()), int((~one.right & other.right).sum())
    difference = statistics.paired_difference(one.right, other.right)
    p = statistics.mcnemar(only_first, only_second)
    return Comparison(one.run, other.run, PAIRED, difference, p, images, only_first, only_second)


def compare_published(first: str, second: str, published: Published) -> Comparison:
    """Two architectures by what the notebook printed; both saw the same images there."""
    hits = [round(published.test[name]["test_accuracy"] * PUBLISHED_IMAGES) for name in (first, second)]
    trials = [PUBLISHED_IMAGES] * 2
    difference = statistics.unpaired_difference(hits, trials)
    return Comparison(first, second, UNPAIRED, difference, statistics.two_proportions(hits, trials), (1, 1))


def family(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same comparisons with p-values adjusted for their number."""
    adjusted = statistics.holm([comparison.p for comparison in comparisons])
    return [replace(one, adjusted=p) for one, p in zip(comparisons, adjusted, strict=True)]
