"""The notebook's six conclusions: what it claimed and published, what was measured, by which test, and the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.reporting import verdicts
from pipeline.reporting.comparisons import Comparison, Group, adjust, compare
from pipeline.reporting.convergence import Convergence, compare_convergence
from pipeline.reporting.normality import HE_KURTOSIS, Kernel, kernels
from pipeline.reporting.number_format import decimal
from pipeline.reporting.verdicts import Verdict

Pair = tuple[str, str]  # two architectures
PAIRS = (("vgg", "custom"), ("lenet", "custom"), ("vgg", "lenet"))  # the family of accuracy tests
PUBLISHED_ACCURACIES = (  # this and what else was published: data/published
    "Test accuracy after 20 epochs, one training each: lenet 0.9924 (76 errors), vgg 0.9949 (51 errors), custom 0.9932"
    " (68 errors). By these counts alone no two networks differ significantly: Fisher's exact test, unpaired, has p"
    " 0.097 or more after Holm."
)


@dataclass(frozen=True)
class Evidence:
    """The runs of the networks as published (pooling and dropout, no batch normalisation), and their comparisons."""

    groups: Mapping[str, Group]
    accuracy: Mapping[Pair, Comparison]

    def comparisons(self, *pairs: Pair) -> list[Comparison]:
        """The comparisons of those pairs whose networks both have runs."""
        return [self.accuracy[pair] for pair in pairs if pair in self.accuracy]

    def better(self, first: str, second: str) -> Verdict:
        """Whether the first network is more accurate than the second."""
        pair = first, second
        return verdicts.better(self.accuracy[pair]) if pair in self.accuracy else verdicts.no_runs(pair)

    def convergence(self, *pair: str) -> Convergence | None:
        """How soon the two networks converged; None where one has no run or neither reached a target."""
        return compare_convergence(*(self.groups[name] for name in pair)) if pair in self.accuracy else None


@dataclass(frozen=True)
class Conclusion:
    """One conclusion with its verdict; `contradiction` says where the notebook's own numbers contradict its text."""

    claim: str
    published: str
    contradiction: str | None
    test: str
    verdict: Verdict
    comparisons: list[Comparison] = field(default_factory=list)
    convergence: Convergence | None = None
    networks: Pair | None = None  # whose convergence is compared
    kernels: list[Kernel] = field(default_factory=list)


def conclude(groups: Mapping[str, Group]) -> list[Conclusion]:
    """The six conclusions, in the notebook's order, from the networks as published, by architecture."""
    pairs = [pair for pair in PAIRS if set(pair) <= set(groups)]
    comparisons = adjust([compare(groups[first], groups[second]) for first, second in pairs])
    evidence = Evidence(groups, dict(zip(pairs, comparisons, strict=True)))
    return [
        _standard_networks_win(evidence),
        _vgg_converges_first(evidence),
        _vgg_beats_lenet(evidence),
        _weights_are_normal([kernel for group in groups.values() for kernel in kernels(group.first)]),
        _filters_did_not_help(evidence),
        _vgg_is_the_choice(evidence),
    ]


def _standard_networks_win(evidence: Evidence) -> Conclusion:
    return Conclusion(
        "Networks inspired by standard models perform better than the complex custom one.",
        PUBLISHED_ACCURACIES,
        "lenet (0.9924) is below custom (0.9932).",
        "exact McNemar of both standard networks against custom, Holm over the comparisons of the three networks",
        verdicts.all_of([evidence.better("vgg", "custom"), evidence.better("lenet", "custom")]),
        evidence.comparisons(("vgg", "custom"), ("lenet", "custom")),
    )


def _vgg_converges_first(evidence: Evidence) -> Conclusion:
    networks = ("vgg", "lenet")
    convergence = evidence.convergence(*networks)
    return Conclusion(
        "M2 (vgg) converges much before M1 (lenet): it needs fewer epochs.",
        "Validation columns were cut off in print. 99 % training accuracy: vgg in epoch 18, lenet never.",
        "lenet's training loss is below vgg's in 20 of 20 epochs, and its training accuracy above through epoch 4"
        " (each under its own dropout). Its test loss is the lower one too: 0.03021 against 0.03050.",
        "first epoch with 99 % validation accuracy, or the next lower target that either reaches; epochs and images",
        verdicts.earlier(networks, convergence),
        convergence=convergence,
        networks=networks,
    )


def _vgg_beats_lenet(evidence: Evidence) -> Conclusion:
    return Conclusion(
        "M2's (vgg's) accuracy of 99.5 % is better than M1's (lenet's).",
        PUBLISHED_ACCURACIES,
        None,
        "exact McNemar of vgg against lenet, Holm over the comparisons of the three networks",
        evidence.better("vgg", "lenet"),
        evidence.comparisons(("vgg", "lenet")),
    )


def _weights_are_normal(tested: Sequence[Kernel]) -> Conclusion:
    return Conclusion(
        "The weights are normally distributed.",
        "Violin plots of three kernels a network, no test.",
        None,
        "a kernel counts as practically normal up to ±0.5 excess kurtosis and ±0.25 skew of all its weights; supported"
        " from nine tenths of the kernels on, contradicted below half. He's initialisation is a normal distribution cut"
        f" off at two standard deviations, whose excess kurtosis is {decimal(HE_KURTOSIS)}: kernels near that kept its"
        " shape",
        verdicts.normal(tested),
        kernels=list(tested),
    )


def _filters_did_not_help(evidence: Evidence) -> Conclusion:
    means = {name: evidence.groups[name].mean for name in ("vgg", "lenet") if (name, "custom") in evidence.accuracy}
    pair = (max(means, key=means.__getitem__, default="vgg"), "custom")
    compared = evidence.comparisons(pair)
    return Conclusion(
        "The huge increase in filters, and kernels of different sizes, did not help much.",
        PUBLISHED_ACCURACIES,
        None,
        "custom against the more accurate standard network: 'much' is a quarter of the latter's errors, and the 95 %"
        " interval of the gain has to stay below",
        verdicts.did_not_help(compared[0], 1 - means[pair[0]]) if compared else verdicts.no_runs(pair),
        compared,
    )


def _vgg_is_the_choice(evidence: Evidence) -> Conclusion:
    networks = ("vgg", "custom")
    convergence = evidence.convergence(*networks)
    speed = verdicts.alike(networks, convergence)
    return Conclusion(
        "M2 (vgg) is the model of choice; it even beats a 7-convolution network with far more parameters, and M2's and"
        " M3's (custom's) convergence in epochs is comparable.",
        PUBLISHED_ACCURACIES,
        "After epoch 2, vgg's training accuracy is 0.9210 and custom's 0.1217.",
        "exact McNemar of vgg against both others, Holm over the comparisons of the three networks; and vgg and custom"
        " need similar numbers of epochs and of images for the same accuracy: at most 1.5 times, or one epoch more",
        verdicts.all_of([evidence.better("vgg", "custom"), evidence.better("vgg", "lenet"), speed]),
        evidence.comparisons(("vgg", "custom"), ("vgg", "lenet")),
        convergence,
        networks,
    )
