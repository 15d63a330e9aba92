"""What the README shows of the studies: a row for each run, and the six verdicts side by side."""

from pipeline.core.paths import ROOT
from tools.study import summary, verdicts

STUDIES = ("notebook", "efficient", "best")
TITLES = ("run", "epochs", "images seen", "test accuracy", "published", "difference in points", "seconds")
HEADING = "The verdicts on the notebook's six conclusions, under the default protocol and in the first two studies:"


def text() -> str:
    """Two tables in Markdown."""
    return "\n\n".join([runs(), HEADING, verdicts.table(verdicts.here())])


def runs() -> str:
    """The runs that the studies keep."""
    found = [
        [f"[{name}](study/{name}/README.md)", *(row[title] for title in TITLES)]
        for name in STUDIES
        for row in summary.rows(ROOT / "study" / name)
    ]
    return summary.table(found, ["study", *TITLES])
