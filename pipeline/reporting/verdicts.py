"""The rules that turn a measurement into a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reporting.comparisons import Comparison
from pipeline.reporting.convergence import FEW_EPOCHS, Convergence
from pipeline.reporting.normality import Kernel
from pipeline.reporting.number_format import signed

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"
MIN_GAIN = 0.25  # of the better standard network's errors: a network that removes fewer did not help much
MIN_SUPPORT, MAX_CONTRADICTION = 0.9, 0.5  # fractions of the kernels that decide whether "the weights" are normal


@dataclass(frozen=True)
class Verdict:
    """One of the three words, and the reason."""

    word: str
    why: str


def all_of(parts: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim of several parts: contradicted by any, supported only by all."""
    for word in (CONTRADICTED, UNDECIDED):
        if any(part.word == word for part in parts):
            return Verdict(word, "; ".join(dict.fromkeys(part.why for part in parts if part.word == word)))
    return Verdict(SUPPORTED, "; ".join(dict.fromkeys(part.why for part in parts)))


def better(compared: Comparison) -> Verdict:
    """Whether the first network is more accurate; a win with more training images than the loser had is undecided."""
    if not compared.significant:
        low, high = signed(compared.difference.low), signed(compared.difference.high)
        pair = f"{compared.first} minus {compared.second}"
        return Verdict(UNDECIDED, f"not resolved: {pair} is between {low} and {high} points")
    ahead = compared.difference.value > 0
    winner, loser = (compared.first, compared.second) if ahead else (compared.second, compared.first)
    images, fewer = compared.images_seen if ahead else compared.images_seen[::-1]
    if images > fewer:
        return Verdict(UNDECIDED, f"{winner} beats {loser}, but {_budgets(images, fewer)}")
    return Verdict(SUPPORTED if ahead else CONTRADICTED, f"{winner} beats {loser}")


def did_not_help(compared: Comparison, errors: float) -> Verdict:
    """Whether the large second network removes less than a quarter of the small first one's `errors`, an error rate."""
    small, large, margin = compared.first, compared.second, MIN_GAIN * errors
    gain, largest_gain = -compared.difference.value, -compared.difference.low
    small_saw, large_saw = compared.images_seen
    if compared.significant and gain >= margin:
        if large_saw > small_saw:
            return Verdict(UNDECIDED, f"{large} is much better, but {_budgets(large_saw, small_saw)}")
        return Verdict(CONTRADICTED, f"{large} makes at least a quarter fewer errors than {small}")
    if largest_gain >= margin:
        return Verdict(UNDECIDED, f"the gain's interval reaches a quarter of the errors of {small}")
    if large_saw < small_saw:
        what = "gains little over" if gain > 0 else "is no better than"
        return Verdict(UNDECIDED, f"{large} {what} {small}, but {small} {_budgets(small_saw, large_saw)}")
    return Verdict(SUPPORTED, f"{large} gains less than a quarter of the errors of {small}")


def earlier(names: tuple[str, str], convergence: Convergence | None) -> Verdict:
    """Whether the first network needs fewer epochs and no more images than the second."""
    if convergence is None:
        return Verdict(UNDECIDED, f"{names[0]} and {names[1]} do not both have runs, or both were too slow")
    if convergence.explained_by_seeds:
        return Verdict(UNDECIDED, "not resolved: other seeds may change the order")
    epochs, images = convergence.order(images=False), convergence.order(images=True)
    target = f"{100 * convergence.target:.0f} % validation accuracy"
    if epochs == images == "same":
        if max(convergence.budgets) < FEW_EPOCHS:
            return Verdict(UNDECIDED, f"both reach {target} in the same epoch, of too few to tell")
        return Verdict(CONTRADICTED, f"both reach {target} in the same epoch")
    if "unknown" in (epochs, images):
        return Verdict(UNDECIDED, f"only one reached {target}, and the other had too few images to tell")
    if epochs == "earlier" and images in ("earlier", "same"):
        return Verdict(SUPPORTED, f"{names[0]} reaches {target} first")
    if epochs == "later" and images in ("later", "same"):
        return Verdict(CONTRADICTED, f"{names[1]} reaches {target} first")
    return Verdict(UNDECIDED, "epochs and images disagree, since an epoch has more images for one of the two")


def alike(names: tuple[str, str], convergence: Convergence | None) -> Verdict:
    """Whether the two networks need about as many epochs and training images."""
    answers = {convergence.comparable(images=images) for images in (False, True)} if convergence else {None}
    if None in answers or len(answers) > 1:
        return Verdict(UNDECIDED, f"convergence of {names[0]} and {names[1]} cannot be compared at these budgets")
    word, how = (SUPPORTED, "alike") if answers == {True} else (CONTRADICTED, "differently")
    return Verdict(word, f"{names[0]} and {names[1]} converge {how}")


def no_runs(names: tuple[str, str]) -> Verdict:
    """The verdict on two networks that do not both have runs."""
    return Verdict(UNDECIDED, f"{names[0]} and {names[1]} do not both have runs")


def normal(kernels: Sequence[Kernel]) -> Verdict:
    """Whether at least nine tenths of the kernels, or fewer than half of them, are practically normal."""
    if not kernels:
        return Verdict(UNDECIDED, "no network as published has a run")
    count = sum(kernel.normal for kernel in kernels)
    fraction = count / len(kernels)
    word = SUPPORTED if fraction >= MIN_SUPPORT else CONTRADICTED if fraction < MAX_CONTRADICTION else UNDECIDED
    return Verdict(word, f"{count} of {len(kernels)} kernels are practically normal")


def _budgets(more: int, fewer: int) -> str:
    return f"saw {more:,} training images against {fewer:,}"
