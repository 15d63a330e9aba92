"""The notebook's six conclusions: what it claimed and printed, what was measured, by which test, and the verdict."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.reporting import published_claims, verdicts
from pipeline.reporting.comparisons import Comparison
from pipeline.reporting.convergence import Convergence
from pipeline.reporting.evidence import Evidence
from pipeline.reporting.normality import HE_NORMAL, Kernel
from pipeline.reporting.number_format import decimal
from pipeline.reporting.verdicts import Verdict


@dataclass(frozen=True)
class Conclusion:
    """One box of the report; `clash` says where the notebook's own numbers contradict its text, if they do."""

    claim: str
    printed: str
    clash: str | None
    test: str
    verdict: Verdict
    comparisons: list[Comparison] = field(default_factory=list)
    race: Convergence | None = None
    racers: tuple[str, str] | None = None
    kernels: list[Kernel] = field(default_factory=list)


def conclude(found: Evidence) -> list[Conclusion]:
    """The six, in the notebook's order."""
    return [one(found) for one in CONCLUSIONS]


def standard_networks_win(found: Evidence) -> Conclusion:
    """The first."""
    pairs = [found.accuracy["vgg", "custom"], found.accuracy["lenet", "custom"]]
    return Conclusion(
        "Networks inspired by standard models perform better than the complex custom one.",
        _on_print(found, ("vgg", "custom"), ("lenet", "custom")),
        published_claims.lenet_below_custom(found.published),
        "exact McNemar of both standard networks against custom, Holm over three comparisons",
        verdicts.all_of([verdicts.better(pair) for pair in pairs]),
        pairs,
    )


def vgg_converges_first(found: Evidence) -> Conclusion:
    """The second."""
    racers = ("vgg", "lenet")
    run = found.race(*racers)
    return Conclusion(
        "M2 (vgg) converges much before M1 (lenet): it needs fewer epochs.",
        published_claims.curves(found.published),
        published_claims.lenet_ahead(found.published),
        "first epoch with 99 % validation accuracy, or with the next lower mark that either reaches; epochs and images",
        verdicts.earlier(racers, run) if found.here(*racers) else verdicts.not_printed(racers),
        race=run,
        racers=racers,
    )


def vgg_beats_lenet(found: Evidence) -> Conclusion:
    """The third."""
    pair = found.accuracy["vgg", "lenet"]
    return Conclusion(
        "M2's (vgg's) accuracy of 99.5 % is better than M1's (lenet's).",
        _on_print(found, ("vgg", "lenet")),
        None,
        "exact McNemar of vgg against lenet, Holm over three comparisons",
        verdicts.better(pair),
        [pair],
    )


def weights_are_normal(found: Evidence) -> Conclusion:
    """The fourth."""
    return Conclusion(
        "The weights are normally distributed.",
        "Violin plots of three kernels a network, no test.",
        None,
        "a kernel counts as practically normal up to ±0.5 excess kurtosis and ±0.25 skew of all its weights; supported"
        " from nine tenths of the kernels on, contradicted below half. Where a trained model is at hand, the distance"
        " from the fitted normal distribution and D'Agostino and Pearson's test on a sample stand beside it: of"
        " thousands of weights the test rejects almost anything. He's initialisation is a normal distribution cut off"
        f" at two standard deviations, whose excess kurtosis is {decimal(HE_NORMAL)}: kernels near that kept its shape",
        verdicts.normal(found.kernels),
        kernels=found.kernels,
    )


def filters_did_not_help(found: Evidence) -> Conclusion:
    """The fifth."""
    rivals = {name: found.accuracy_of(name) for name in ("vgg", "lenet")}
    small = max(rivals, key=rivals.__getitem__)
    large = found.accuracy[small, "custom"].reversed()
    return Conclusion(
        "The huge increase in filters, and kernels of different sizes, did not help much.",
        _on_print(found, ("vgg", "custom"), ("lenet", "custom")),
        None,
        "custom against the more accurate standard network: 'much' is a quarter of the latter's errors, and the 95 %"
        " interval of the gain has to stay below",
        verdicts.did_not_help(large, 1 - rivals[small]),
        [large],
    )


def vgg_is_the_choice(found: Evidence) -> Conclusion:
    """The sixth."""
    pairs = [found.accuracy["vgg", "custom"], found.accuracy["vgg", "lenet"]]
    racers = ("vgg", "custom")
    run = found.race(*racers)
    speed = verdicts.alike(racers, run) if found.here(*racers) else verdicts.not_printed(racers)
    return Conclusion(
        "M2 (vgg) is the model of choice; it even beats a 7-convolution network with far more parameters, and M2's and"
        " M3's (custom's) convergence in epochs is comparable.",
        _on_print(found, ("vgg", "custom"), ("vgg", "lenet")),
        published_claims.custom_starts_late(found.published),
        "exact McNemar of vgg against both others, Holm over three comparisons; and vgg and custom reach the same"
        " validation accuracy within one epoch of each other, or within half as many again",
        verdicts.all_of([*(verdicts.better(pair) for pair in pairs), speed]),
        pairs,
        run,
        racers,
    )


def _on_print(found: Evidence, *pairs: tuple[str, str]) -> str:
    """The accuracies that were printed, and whether their differences are more than chance."""
    return published_claims.accuracies(found.published) + published_claims.tested(
        [found.on_print[pair] for pair in pairs]
    )


CONCLUSIONS: tuple[Callable[[Evidence], Conclusion], ...] = (
    standard_networks_win,
    vgg_converges_first,
    vgg_beats_lenet,
    weights_are_normal,
    filters_did_not_help,
    vgg_is_the_choice,
)
