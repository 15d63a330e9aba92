"""What the published numbers alone say: one training of each network, scored on the same 10,000 images."""

from scipy import stats

from pipeline.reporting.convergence import epochs_to
from pipeline.reporting.number_format import listed, p_value
from pipeline.reporting.published import Published
from pipeline.reporting.results import TEST_SET_SIZE
from pipeline.reporting.rules import MIN_GAIN
from pipeline.reporting.statistics import ALPHA, LEVEL, Interval, mcnemar
from pipeline.reporting.verdicts import CONTRADICTED, NOT_RESOLVED, SUPPORTED, Claim

TARGETS = (0.95, 0.97, 0.98, 0.99)  # training accuracies
ONE_EACH = (1, 1)  # trainings


def errors(published: Published, name: str) -> int:
    """The test images that the published training of a network got wrong."""
    return round(TEST_SET_SIZE * (1 - published.test[name]["test_accuracy"]))


def better(published: Published, first: str, second: str) -> Claim:
    """Whether the first network's training made fewer errors, by McNemar's exact test.

    How many errors the two share was not published, so the test decides only if it does for every possible number.
    """
    mine, theirs = errors(published, first), errors(published, second)
    ps = [mcnemar(theirs - shared, mine - shared) for shared in range(min(mine, theirs) + 1)]
    least, most = p_value(min(ps)), p_value(max(ps))
    word = NOT_RESOLVED if max(ps) >= ALPHA else SUPPORTED if mine < theirs else CONTRADICTED
    between = f"p {most} at most" if word != NOT_RESOLVED else f"p from {least} to {most}"
    why = f"{mine} errors against {theirs}: {between}, over every possible overlap"
    return Claim(f"{first} − {second}", word, why, _widest(mine, theirs, 1.0), seeds=ONE_EACH)


def did_not_help(published: Published, first: str, second: str) -> Claim:
    """Whether the first network's training removed less than a quarter of the second's errors."""
    mine, theirs = errors(published, first), errors(published, second)
    effect = _widest(mine, theirs, 1 - MIN_GAIN)
    word = CONTRADICTED if effect.low > 0 else SUPPORTED if effect.high < 0 else NOT_RESOLVED
    why = f"{mine} errors against {theirs}, whatever their overlap"
    return Claim(f"{first} − {second} − ¼ of {second}'s errors", word, why, effect, seeds=ONE_EACH)


def convergence(published: Published, first: str, second: str) -> Claim:
    """How many epochs two trainings took to several training accuracies: facts that decide nothing."""
    told = []
    for name in (first, second):
        epochs = [epochs_to(target, published.curves[name], "accuracy") for target in TARGETS]
        told.append(f"{name} in epochs {listed(['never' if e == float('inf') else f'{e:g}' for e in epochs])}")
    targets = listed([f"{100 * target:.0f}" for target in TARGETS])
    why = f"{targets} % training accuracy: {'; '.join(told)}; one training each, and each under its own dropout"
    return Claim(f"{first}, {second}", NOT_RESOLVED, why, seeds=ONE_EACH)


def _widest(mine: int, theirs: int, share: float) -> Interval:
    """The second's errors, times `share`, minus the first's, by image, with the widest interval of all overlaps."""
    value = (share * theirs - mine) / TEST_SET_SIZE
    deviations = []
    for shared in range(min(mine, theirs) + 1):
        squares = share**2 * (theirs - shared) + (mine - shared) + (share - 1) ** 2 * shared
        deviations.append((squares / TEST_SET_SIZE - value**2) ** 0.5)
    half = float(stats.norm.ppf((1 + LEVEL) / 2)) * max(deviations) / TEST_SET_SIZE**0.5
    return Interval(value, value - half, value + half)
