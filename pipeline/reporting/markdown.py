"""The report's sentences, and the short report in Markdown; the README shows the parts between its markers."""

from collections.abc import Iterator, Sequence

from pipeline.reporting import provenance, stress
from pipeline.reporting.analysis import Analysis
from pipeline.reporting.conclusions import GROUNDS, Conclusion
from pipeline.reporting.number_format import count, interval, listed, markdown_text, per_cent, shortened, signed
from pipeline.reporting.tables import MARKDOWN_COLUMNS, README_COLUMNS, legend, markdown_table, simple_table
from pipeline.reporting.verdicts import CONTRADICTED, NOT_RESOLVED, NOTHING, SUPPORTED

BEGIN, END = "<!-- results -->", "<!-- /results -->"  # around a part that the README shows, too
BEGIN_VERDICTS, END_VERDICTS = "<!-- verdicts -->", "<!-- /verdicts -->"  # likewise
MAX_ROWS = 40  # of the leaderboard
DETECTABLE = "Detectable: the minimum detectable effect of these seeds and images, at 80 % power."
VALIDATED_ON_TEST = (
    "† Here the test images were the validation data, as in the notebook: these are test figures, seen after every"
    " epoch, and no model may be chosen by them."
)


def markdown_report(analysis: Analysis) -> str:
    """The verdicts, the README's part, the leaderboard, the provenance; texts of result files are escaped."""
    picture, more = "![Loss and accuracy of all runs](curves.png)", "The whole report: [report.html](report.html)."
    verdicts = [BEGIN_VERDICTS, _verdict_table(analysis), END_VERDICTS, _claim_table(analysis), _rules(analysis)]
    parts = ["# Results", *verdicts, BEGIN, *_readme_parts(analysis), END, picture, *_parts(analysis), more]
    return "\n\n".join(parts) + "\n"


def _readme_parts(analysis: Analysis) -> Iterator[str]:
    yield markdown_text(sentences(analysis)[0])
    if analysis.rows:
        yield markdown_table(analysis.rows[:MAX_ROWS], README_COLUMNS)
        yield "Accuracies, and minutes of training. Bold: chosen on validation data."


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
        runs = markdown_text(shortened(analysis.without_probabilities))
        yield f"Not in the ensemble, since their probabilities are not here: {runs}."
    yield from map(markdown_text, provenance.protocols(analysis.results))
    yield from map(markdown_text, map(trained_on, provenance.origins(analysis.results)))


def sentences(analysis: Analysis) -> list[str]:
    """The chosen run, the conclusions with each verdict, and the significant effects of the ablation."""
    if not analysis.results:
        return ["No run has results yet."]
    return list(filter(None, [_chosen(analysis), _verdicts(analysis), _ablation(analysis)]))


def missing(analysis: Analysis) -> str:
    """A sentence about the runs of `params.yaml` without complete results; empty if there is none."""
    names = ", ".join(f"{run} (no {file})" for run, file in analysis.missing.items())
    return f"Missing, and so not compared: {names}." if names else ""


def trained_on(origin: provenance.Origin) -> str:
    """A sentence about where, and from which commit, some runs were trained."""
    return f"Trained on {origin.machine}; {origin.numerics}; commit {origin.commit}: {shortened(origin.runs)}."


def _verdict_table(analysis: Analysis) -> str:
    """A row for each conclusion, a column for each ground, with the verdict and its stability."""
    rows = [
        [str(conclusion.number), conclusion.short] + [cell.short for cell in conclusion.cells]
        for conclusion in analysis.conclusions
    ]
    return simple_table(["", "the notebook's conclusion", *GROUNDS], rows)


def _claim_table(analysis: Analysis) -> str:
    """A row for each claim on each ground, with what was measured."""
    titles = ["", "ground", "claim", "verdict", "effect (95 % interval)", "seeds", "detectable", "trainings", "reason"]
    rows = [
        [
            str(conclusion.number),
            ground,
            claim.about,
            claim.word,
            claim.effect_text,
            claim.seeds_text,
            claim.detectable_text,
            claim.budget or NOTHING,
            markdown_text(claim.why),
        ]
        for conclusion in analysis.conclusions
        for ground, cell in conclusion.by_ground()
        for claim in cell.every_claim
    ]
    return simple_table(titles, rows)


def _rules(analysis: Analysis) -> str:
    lines = []
    for conclusion in analysis.conclusions:
        again = [f"Repeated {ground}: {cell.stability}." for ground, cell in conclusion.by_ground() if cell.stability]
        lines.append(
            f"{conclusion.number}. {conclusion.claim} {' '.join([conclusion.rule, *map(markdown_text, again)])}"
        )
    return "\n".join([f"Effects are in percentage points, or ratios (×). {DETECTABLE}\n", *lines])


def _chosen(analysis: Analysis) -> str:
    protocols = " and ".join(dict.fromkeys(result.record["protocol"] for result in analysis.results))
    runs = f"{count(len(analysis.results), 'run')} under the protocol {protocols}"
    row = next((row for row in analysis.rows if row["best"]), None)
    if row is None:
        return f"Of {runs}, none can be chosen: the test images were their validation data."
    accuracy = interval(row["test_accuracy"]).replace("(", "(95 % interval ")
    text = (
        f"Of {runs}, {row['run']} is best on validation data ({per_cent(row['val_accuracy'].value)}): it gets"
        f" {row['test_errors']:,} of {row['test_images']:,} test images wrong, an accuracy of {accuracy}, after"
        f" {row['images_seen']:,} training images"
    )
    last = analysis.rows[-1]
    if last["is_ensemble"]:
        text += f"; the ensemble ({last['variant']}) {last['test_errors']:,} of {last['test_images']:,}"
    return f"{text}."


def _verdicts(analysis: Analysis) -> str:
    grounds = [f"{ground}: {_on_ground(analysis.conclusions, index)}" for index, ground in enumerate(GROUNDS)]
    return f"The notebook's six conclusions {'; '.join(grounds)}."


def _on_ground(conclusions: Sequence[Conclusion], index: int) -> str:
    """The decided conclusions by name, and the numbers of the others."""
    words = (SUPPORTED, CONTRADICTED, NOT_RESOLVED)
    supported, contradicted, others = ([one for one in conclusions if one.cells[index].word == word] for word in words)
    parts = [
        f"{word} {listed([f'{one.number} ({one.short})' for one in decided])}"
        for word, decided in ((SUPPORTED, supported), (CONTRADICTED, contradicted))
        if decided
    ]
    if not parts:
        return "none is decided" if others else "nothing to judge"
    if others:
        parts.append(f"{NOT_RESOLVED} {listed([str(one.number) for one in others])}")
    return ", ".join(parts)


def _ablation(analysis: Analysis) -> str:
    if not analysis.effects:
        return ""
    fair = [effect for effect in analysis.effects if effect.fair]
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
    largest = ", the largest" if len(significant) > len(words) else ""
    return f"{compared} {len(significant)} {show} a significant effect on test accuracy{largest}: {listed(words)}."
