"""The notebook's six conclusions: what it claimed and published, what was measured, by which test, and the verdict."""

from dataclasses import dataclass, field

from pipeline.reporting import published, verdicts
from pipeline.reporting.comparisons import Comparison
from pipeline.reporting.convergence import Convergence
from pipeline.reporting.evidence import Evidence
from pipeline.reporting.normality import HE_NORMAL, Kernel
from pipeline.reporting.number_format import decimal
from pipeline.reporting.verdicts import Verdict


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
    networks: tuple[str, str] | None = None  # whose convergence is compared
    kernels: list[Kernel] = field(default_factory=list)


def conclude(evidence: Evidence) -> list[Conclusion]:
    """The six conclusions, in the notebook's order."""
    return [
        _standard_networks_win(evidence),
        _vgg_converges_first(evidence),
        _vgg_beats_lenet(evidence),
        _weights_are_normal(evidence),
        _filters_did_not_help(evidence),
        _vgg_is_the_choice(evidence),
    ]


def _standard_networks_win(evidence: Evidence) -> Conclusion:
    pairs = [evidence.accuracy["vgg", "custom"], evidence.accuracy["lenet", "custom"]]
    return Conclusion(
        "Networks inspired by standard models perform better than the complex custom one.",
        _published_accuracies(evidence, ("vgg", "custom"), ("lenet", "custom")),
        published.lenet_below_custom(evidence.published),
        "exact McNemar of both standard networks against custom, Holm over three comparisons",
        verdicts.all_of([verdicts.better(pair) for pair in pairs]),
        pairs,
    )


def _vgg_converges_first(evidence: Evidence) -> Conclusion:
    networks = ("vgg", "lenet")
    convergence = evidence.convergence(*networks)
    return Conclusion(
        "M2 (vgg) converges much before M1 (lenet): it needs fewer epochs.",
        published.describe_curves(evidence.published),
        published.lenet_ahead_of_vgg(evidence.published),
        "first epoch with 99 % validation accuracy, or with the next lower mark that either reaches; epochs and images",
        verdicts.earlier(networks, convergence) if evidence.has(*networks) else verdicts.not_published(networks),
        convergence=convergence,
        networks=networks,
    )


def _vgg_beats_lenet(evidence: Evidence) -> Conclusion:
    pair = evidence.accuracy["vgg", "lenet"]
    return Conclusion(
        "M2's (vgg's) accuracy of 99.5 % is better than M1's (lenet's).",
        _published_accuracies(evidence, ("vgg", "lenet")),
        None,
        "exact McNemar of vgg against lenet, Holm over three comparisons",
        verdicts.better(pair),
        [pair],
    )


def _weights_are_normal(evidence: Evidence) -> Conclusion:
    return Conclusion(
        "The weights are normally distributed.",
        "Violin plots of three kernels a network, no test.",
        None,
        "a kernel counts as practically normal up to ±0.5 excess kurtosis and ±0.25 skew of all its weights; supported"
        " from nine tenths of the kernels on, contradicted below half. Where a trained model is at hand, the table also"
        " has the distance from the fitted normal distribution and D'Agostino and Pearson's test on a sample, which"
        " rejects almost any distribution of thousands of weights. He's initialisation is a normal distribution cut off"
        f" at two standard deviations, whose excess kurtosis is {decimal(HE_NORMAL)}: kernels near that kept its shape",
        verdicts.normal(evidence.kernels),
        kernels=evidence.kernels,
    )


def _filters_did_not_help(evidence: Evidence) -> Conclusion:
    accuracies = {name: evidence.accuracy_of(name) for name in ("vgg", "lenet")}
    small = max(accuracies, key=accuracies.__getitem__)
    pair = evidence.accuracy[small, "custom"].reversed()
    return Conclusion(
        "The huge increase in filters, and kernels of different sizes, did not help much.",
        _published_accuracies(evidence, ("vgg", "custom"), ("lenet", "custom")),
        None,
        "custom against the more accurate standard network: 'much' is a quarter of the latter's errors, and the 95 %"
        " interval of the gain has to stay below",
        verdicts.did_not_help(pair, 1 - accuracies[small]),
        [pair],
    )


def _vgg_is_the_choice(evidence: Evidence) -> Conclusion:
    pairs = [evidence.accuracy["vgg", "custom"], evidence.accuracy["vgg", "lenet"]]
    networks = ("vgg", "custom")
    convergence = evidence.convergence(*networks)
    speed = verdicts.alike(networks, convergence) if evidence.has(*networks) else verdicts.not_published(networks)
    return Conclusion(
        "M2 (vgg) is the model of choice; it even beats a 7-convolution network with far more parameters, and M2's and"
        " M3's (custom's) convergence in epochs is comparable.",
        _published_accuracies(evidence, ("vgg", "custom"), ("vgg", "lenet")),
        published.custom_starts_late(evidence.published),
        "exact McNemar of vgg against both others, Holm over three comparisons; and vgg and custom reach the same"
        " validation accuracy within one epoch of each other, or within half as many again",
        verdicts.all_of([*(verdicts.better(pair) for pair in pairs), speed]),
        pairs,
        convergence,
        networks,
    )


def _published_accuracies(evidence: Evidence, *pairs: tuple[str, str]) -> str:
    return published.describe_accuracies(evidence.published, [evidence.published_accuracy[pair] for pair in pairs])
