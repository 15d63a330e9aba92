"""The report's short twin in Markdown, of which the README shows the part between two markers."""

from pipeline.reporting import html, leaderboard, provenance, summary
from pipeline.reporting.analysis import Analysis

BEGIN, END = "<!-- results -->", "<!-- /results -->"  # around what the README shows too
ROWS = 40  # more cannot be read here
PICTURE = "![Loss and accuracy of all runs](curves.png)"
LEGEND = (
    "Intervals: 95 % (Wilson). TFLOP: 10¹² floating-point operations of the training. Errors: of the test images."
    " Epochs to 99 %: of validation accuracy. Seconds: training and validation. Published: after 20 epochs of 60,000"
    " images in 2018, for the networks as printed. Bold: the fewest errors. Ensemble: the mean of all runs'"
    " probabilities."
)


def markdown_report(study: Analysis) -> str:
    """The verdict, the leaderboard, the six conclusions and the provenance."""
    parts = [" ".join(summary.sentences(study)), *table(study)]
    if study.on_test:
        parts.append(f"**{html.ON_TEST}**")
    if study.missing:
        parts.append(html.missing(study))
    if study.unseen:
        parts.append(f"Not in the ensemble, since their probabilities are not here: {', '.join(study.unseen)}.")
    parts.append(conclusions(study))
    parts += provenance.protocols(study.found)
    parts += [trained_on(origin) for origin in provenance.origins(study.found)]
    return (
        "\n\n".join(["# Results", BEGIN, *parts, END, PICTURE, "The whole report: [report.html](report.html)."]) + "\n"
    )


def table(study: Analysis) -> list[str]:
    """The leaderboard, of the first rows only where there are very many."""
    if not study.rows:
        return []
    more = len(study.rows) - ROWS
    rest = [f"{more} more rows are in report.html."] if more > 0 else []
    return [leaderboard.markdown(study.rows[:ROWS]), *rest, LEGEND]


def conclusions(study: Analysis) -> str:
    """A line for each of the notebook's conclusions."""
    lines = [
        f"{number}. {one.claim} **{one.verdict.word.capitalize()}**: {one.verdict.why}."
        for number, one in enumerate(study.conclusions, 1)
    ]
    return "\n".join(["The notebook's six conclusions, tested:", "", *lines])


def trained_on(origin: provenance.Origin) -> str:
    """Where some runs were trained, in a line."""
    names = ", ".join(origin.runs[:12]) + (f" and {len(origin.runs) - 12} more" if len(origin.runs) > 12 else "")
    place = ", in a cache filled elsewhere" if origin.elsewhere else ""
    return f"Trained on {origin.machine}{place}; {origin.numerics}; commit {origin.commit}: {names}."
