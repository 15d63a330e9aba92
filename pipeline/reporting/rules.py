"""The rules by which two groups of runs decide a claim."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.reporting import statistics
from pipeline.reporting.comparisons import Group
from pipeline.reporting.convergence import MIN_POINTS, log_areas
from pipeline.reporting.estimates import Estimate, over_seeds, over_seeds_and_images
from pipeline.reporting.number_format import count
from pipeline.reporting.pairing import Cost, Pair
from pipeline.reporting.results import common_images
from pipeline.reporting.verdicts import CONTRADICTED, NOT_RESOLVED, SUPPORTED, Claim

MIN_GAIN = 0.25  # of the comparator's errors: a network that removes fewer did not help much
COMPARABLE = math.log(1.5)  # ratio of the areas under two error curves, either way
MIN_SEEDS = 3  # on each side; with fewer, nothing about trainings is decided

Decide = Callable[[float, float], str]  # from an interval to a verdict; empty if it covers both answers


def better(cost: Cost, first: Group, second: Group) -> Claim:
    """Whether the first network is more accurate than the second."""
    pair = Pair(first, second, cost)
    a, b = pair.names
    return _accuracy(pair, f"{a} − {b}", 1.0, {SUPPORTED: f"{a} is ahead", CONTRADICTED: f"{b} is ahead"})


def did_not_help(cost: Cost, first: Group, second: Group) -> Claim:
    """Whether the first network removes less than a quarter of the second's errors.

    The effect is the gain in accuracy minus that quarter, both estimated from the same seeds and images.
    """
    pair = Pair(first, second, cost)
    a, b = pair.names
    reasons = {
        CONTRADICTED: f"{a} removes more than a quarter of {b}'s errors",
        SUPPORTED: f"{a} does not remove a quarter of {b}'s errors",
    }
    return _accuracy(pair, f"{a} − {b} − ¼ of {b}'s errors", 1 - MIN_GAIN, reasons)


def faster(cost: Cost, first: Group, second: Group) -> Claim:
    """Whether the area under the first network's error curve is smaller than the second's."""

    def decide(low: float, high: float) -> str:
        return SUPPORTED if high < 0 else CONTRADICTED if low > 0 else ""

    return _curves(Pair(first, second, cost), decide, [0.0])


def comparable(cost: Cost, first: Group, second: Group) -> Claim:
    """Whether the areas under both networks' error curves are within 1.5 times of each other."""

    def decide(low: float, high: float) -> str:
        inside = low > -COMPARABLE and high < COMPARABLE
        return SUPPORTED if inside else CONTRADICTED if low > COMPARABLE or high < -COMPARABLE else ""

    return _curves(Pair(first, second, cost), decide, [-COMPARABLE, COMPARABLE])


def _accuracy(pair: Pair, about: str, share: float, reasons: dict[str, str]) -> Claim:
    """Judge the second's errors, times `share`, minus the first's; `reasons`: the verdicts if positive, if negative."""
    images = common_images([*pair.first.runs, *pair.second.runs])
    scores = pair.first.correct(images) - 1, share * (pair.second.correct(images) - 1)
    claim = Claim(about, NOT_RESOLVED, "", seeds=pair.seeds, budget=pair.budget)
    if min(pair.seeds) < MIN_SEEDS:
        effect = statistics.paired_difference(*(side.mean(axis=0) for side in scores))
        why = f"fewer than {MIN_SEEDS} seeds of one network; the interval is over images alone"
        return replace(claim, effect=effect, why=_recipes(pair) or why)
    positive, negative = reasons

    def decide(low: float, high: float) -> str:
        return positive if low > 0 else negative if high < 0 else ""

    claim = _judged(pair, claim, over_seeds_and_images(*scores), decide, [0.0])
    winner, loser = pair.costs if claim.effect.value > 0 else pair.costs[::-1]
    if claim.word == NOT_RESOLVED:
        return claim
    if winner > loser and not pair.equal:
        return replace(claim, word=NOT_RESOLVED, why=f"{reasons[claim.word]}, but with more: {pair.budget}")
    return replace(claim, why=reasons[claim.word])


def _curves(pair: Pair, decide: Decide, limits: Sequence[float]) -> Claim:
    """Judge the ratio of the areas under two error curves, at equal costs: half a training is not a short one."""
    a, b = pair.names
    claim = Claim(f"{a} / {b}", NOT_RESOLVED, "", seeds=pair.seeds, budget=pair.budget, is_ratio=True)
    areas = log_areas(pair.first, pair.second)
    if areas is None:
        return replace(claim, why=f"the curves have fewer than {MIN_POINTS} points in common")
    if min(pair.seeds) < MIN_SEEDS:
        effect = float(areas[0].mean() - areas[1].mean())
        why = f"fewer than {MIN_SEEDS} seeds of one network; the ratio of the areas is {claim.write(effect)}"
        return replace(claim, why=_recipes(pair) or why)
    claim = _judged(pair, claim, over_seeds(*areas), decide, limits)
    if claim.word == NOT_RESOLVED:
        return claim
    if not pair.equal:
        return replace(claim, word=NOT_RESOLVED, why=f"the budgets differ: {pair.budget}")
    return replace(claim, why=f"the area under {a}'s error curve is {claim.write(claim.effect.value)} that of {b}'s")


def _judged(pair: Pair, claim: Claim, estimate: Estimate, decide: Decide, limits: Sequence[float]) -> Claim:
    """The claim with its measurement and verdict; with the reason where it is not resolved."""
    effect = estimate.interval
    claim = replace(claim, effect=effect, detectable=estimate.detectable())
    word, recipes = decide(effect.low, effect.high), _recipes(pair)
    if recipes or word:
        return replace(claim, word=NOT_RESOLVED if recipes else word, why=recipes)
    more = estimate.more_seeds(min(abs(effect.value - limit) for limit in limits))
    seeds = "no affordable number of seeds" if more is None else f"{count(more, 'more seed')} each"
    low, high = claim.write(effect.low), claim.write(effect.high)
    return replace(claim, why=f"between {low} and {high}; {seeds} would resolve {claim.write(effect.value)}")


def _recipes(pair: Pair) -> str:
    """What differs between the two recipes, in words; empty if nothing does."""
    return f"the recipes differ: {', '.join(pair.differences)}" if pair.differences else ""
