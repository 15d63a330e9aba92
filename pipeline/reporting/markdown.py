"""The report's sentences, and the short report in Markdown; the README shows the part between its two markers."""

from collections.abc import Iterator

from pipeline.reporting import provenance, stress
from pipeline.reporting.analysis import Analysis
from pipeline.reporting.number_format import count, interval, listed, markdown_text, signed
from pipeline.reporting.tables import MARKDOWN_COLUMNS, README_COLUMNS, legend, markdown_table
from pipeline.reporting.verdicts import CONTRADICTED, SUPPORTED, UNDECIDED

BEGIN, END = "<!-- results -->", "<!-- /results -->"  # around the part that the README shows, too
MAX_ROWS = 40  # of the leaderboard
VALIDATED_ON_TEST = (
    "† Here the test images were the validation data, as in the notebook: these are test figures, seen after every"
    " epoch, and no model may be chosen by them."
)


def markdown_report(analysis: Analysis) -> str:
    """The README's part, the leaderboard, the six conclusions, the provenance; texts of result files are escaped."""
    picture, more = "![Loss and accuracy of all runs](curves.png)", "The whole report: [report.html](report.html)."
    parts = ["# Results", BEGIN, *_readme_parts(analysis), END, picture, *_parts(analysis), more]
    return "\n\n".join(parts) + "\n"


def _readme_parts(analysis: Analysis) -> Iterator[str]:
    yield markdown_text(sentences(analysis)[0])
    if analysis.rows:
        yield markdown_table(analysis.rows[:MAX_ROWS], README_COLUMNS)
        yield "In brackets: Wilson's 95 % intervals. Minutes: training and validation. Bold: the lowest error rate."


def _parts(analysis: Analysis) -> Iterator[str]:
    yield markdown_text(" ".join(sentences(analysis)[1:]))
    if analysis.rows:
        yield markdown_table(analysis.rows[:MAX_ROWS], MARKDOWN_COLUMNS)
        if len(analysis.rows) > MAX_ROWS:
            yield f"{len(analysis.rows) - MAX_ROWS} more rows are in report.html."
        yield legend(MARKDOWN_COLUMNS)
    if sturdiness := stress.sentence(analysis.results, analysis.stress_effects):
        yield f"![Accuracy on corrupted digits](stress.png)\n\n{markdown_text(sturdiness)}"
    if analysis.validated_on_test:
        yield f"**{VALIDATED_ON_TEST}**"
    if analysis.missing:
        yield markdown_text(missing(analysis))
    if analysis.without_probabilities:
        runs = markdown_text(", ".join(analysis.without_probabilities))
        yield f"Not in the ensemble, since their probabilities are not here: {runs}."
    yield "The notebook's six conclusions, tested:"
    yield "\n".join(
        f"{number}. {conclusion.claim} **{conclusion.verdict.word.capitalize()}**:"
        f" {markdown_text(conclusion.verdict.why)}."
        for number, conclusion in enumerate(analysis.conclusions, 1)
    )
    yield from map(markdown_text, provenance.protocols(analysis.results))
    yield from map(markdown_text, map(trained_on, provenance.origins(analysis.results)))


def sentences(analysis: Analysis) -> list[str]:
    """The best run, the number of conclusions with each verdict, and the significant effects of the ablation."""
    if not analysis.results:
        return ["No run has results yet."]
    return [_best(analysis), _verdicts(analysis), _ablation(analysis)]


def missing(analysis: Analysis) -> str:
    """A sentence about the runs of `params.yaml` without complete results; empty if there is none."""
    names = ", ".join(f"{run} (no {file})" for run, file in analysis.missing.items())
    return f"Missing, and so not compared: {names}." if names else ""


def trained_on(origin: provenance.Origin) -> str:
    """A sentence about where, and from which commit, some runs were trained."""
    names = ", ".join(origin.runs[:12]) + (f" and {len(origin.runs) - 12} more" if len(origin.runs) > 12 else "")
    return f"Trained on {origin.machine}; {origin.numerics}; commit {origin.commit}: {names}."


def _best(analysis: Analysis) -> str:
    leaders = [row for row in analysis.rows if row["best"]]
    row, verb = leaders[0], "has" if len(leaders) == 1 else "have"
    names = " and ".join(row["run"] for row in leaders[:3]) + (" and others" if len(leaders) > 3 else "")
    protocols = " and ".join(dict.fromkeys(result.record["protocol"] for result in analysis.results))
    accuracy = interval(row["test_accuracy"]).replace("(", "(95 % interval ")
    text = (
        f"Of {count(len(analysis.results), 'run')} under the protocol {protocols}, {names} {verb} the lowest error"
        f" rate: {row['test_errors']:,} of {row['test_images']:,} test images, an accuracy of {accuracy}, after"
        f" {row['images_seen']:,} training images"
    )
    last = analysis.rows[-1]
    ensemble = f"; the ensemble: {last['test_errors']:,} of {last['test_images']:,}" if last["is_ensemble"] else ""
    return f"{text}{ensemble}."


def _verdicts(analysis: Analysis) -> str:
    parts = []
    for word in (SUPPORTED, CONTRADICTED, UNDECIDED):
        numbers = [str(i) for i, conclusion in enumerate(analysis.conclusions, 1) if conclusion.verdict.word == word]
        which = f" ({listed(numbers)})" if numbers else ""
        how_many = ("none", "one", "two", "three", "four", "five", "all six")[len(numbers)]
        parts.append(f"{how_many} {'is' if len(numbers) < 2 else 'are'} {word}{which}")
    return f"At this budget, of the notebook's six conclusions, {listed(parts)}."


def _ablation(analysis: Analysis) -> str:
    fair = [effect for effect in analysis.effects if not effect.other_settings]
    if not fair:
        return "No two runs differ in one component alone, so there is no ablation."
    significant = [effect for effect in fair if effect.comparison.significant]
    compared = f"Of {count(len(fair), 'comparison')} of runs that differ in one component alone,"
    if not significant:
        return f"{compared} none shows a significant effect on test accuracy."
    strongest = sorted(significant, key=lambda effect: -abs(effect.comparison.difference.value))[:3]
    words = [
        f"{effect.component} on {effect.architecture} ({signed(effect.comparison.difference.value)} points)"
        for effect in strongest
    ]
    show = "shows" if len(significant) == 1 else "show"
    return f"{compared} {len(significant)} {show} a significant effect on test accuracy, the largest: {listed(words)}."
