"""The verdict in three sentences, for this protocol and budget."""

from pipeline.reporting.analysis import Analysis
from pipeline.reporting.leaderboard import ENSEMBLE
from pipeline.reporting.number_format import count, listed, signed, with_interval
from pipeline.reporting.verdicts import CONTRADICTED, SUPPORTED, UNDECIDED

NUMBERS = ("none", "one", "two", "three", "four", "five", "all six")


def sentences(study: Analysis) -> list[str]:
    """What was best, what became of the six conclusions, and what the ingredients did, each with its budget or test."""
    if not study.found:
        return ["No run has results yet."]
    return [best(study), conclusions(study), ingredients(study)]


def best(study: Analysis) -> str:
    """The run with the fewest errors, and the ensemble."""
    rows = [row for row in study.rows if row["run"] != ENSEMBLE]
    leaders = [row for row in rows if row["best"]]
    names = " and ".join(row["run"] for row in leaders[:3]) + (" and others" if len(leaders) > 3 else "")
    protocols = " and ".join(dict.fromkeys(result.record["protocol"] for result in study.found))
    images = len(study.found[0].labels)
    row = leaders[0]
    seen = f"{row['images_seen']:,} training images"
    together = next(
        (f"; the ensemble makes {row['test_errors']:,}" for row in study.rows if row["run"] == ENSEMBLE), ""
    )
    verb = "makes" if len(leaders) == 1 else "make"
    return (
        f"Of {count(len(rows), 'run')} under the protocol {protocols}, {names} {verb} the fewest errors:"
        f" {row['test_errors']:,} of {images:,} test images, an accuracy of {with_interval(row['test_accuracy'])},"
        f" after {seen}{together}."
    )


def conclusions(study: Analysis) -> str:
    """How many of the notebook's conclusions are supported, contradicted and undecided."""
    parts = []
    for word in (SUPPORTED, CONTRADICTED, UNDECIDED):
        numbers = [number for number, one in enumerate(study.conclusions, 1) if one.verdict.word == word]
        which = f" ({listed([str(number) for number in numbers])})" if numbers else ""
        parts.append(f"{NUMBERS[len(numbers)]} {'is' if len(numbers) < 2 else 'are'} {word}{which}")
    return f"At this budget, of the notebook's six conclusions, {listed(parts)}."


def ingredients(study: Analysis) -> str:
    """Which pooling, dropout and batch normalisation made a difference that chance does not explain."""
    fair = [effect for effect in study.effects if not effect.also]
    clear = [effect for effect in fair if effect.comparison.significant]
    if not fair:
        return "No two runs differ in one ingredient alone, so none can be judged."
    judged = f"Of {count(len(fair), 'comparison')} of one ingredient alone,"
    if not clear:
        return f"{judged} none shows an effect on test accuracy beyond chance."
    strongest = sorted(clear, key=lambda effect: -abs(effect.comparison.difference.value))[:3]
    words = [
        f"{effect.ingredient} on {effect.architecture} ({signed(effect.comparison.difference.value)} points)"
        for effect in strongest
    ]
    show = "shows" if len(clear) == 1 else "show"
    return f"{judged} {len(clear)} {show} an effect on test accuracy beyond chance, the strongest: {listed(words)}."
