"""The verdicts on the notebook's six conclusions, side by side: under the default protocol and in the studies."""

import re
from collections.abc import Mapping

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from tools.study import summary

REPORTS = {  # heading: the report that says them
    "`fast`": ROOT / "results/report.md",
    "`notebook`": ROOT / "study/notebook/report.md",
    "`efficient`": ROOT / "study/efficient/report.md",
}
LINE = re.compile(r"^[1-6]\. (?P<claim>.+?) \*\*(?P<word>[^*]+)\*\*: ", re.MULTILINE)


def here() -> dict[str, str]:
    """The reports that were written, by heading."""
    return {name: path.read_text(encoding="utf-8") for name, path in REPORTS.items() if path.is_file()}


def table(reports: Mapping[str, str]) -> str:
    """A row for each conclusion, a column for each report; PipelineError if a report does not say all six."""
    columns = {name: dict(match.groups() for match in LINE.finditer(text)) for name, text in reports.items()}
    for name, said in columns.items():
        if len(said) != 6:
            raise PipelineError(f"report of {name}: found {len(said)} conclusions, expected 6; write it again")
    claims = next(iter(columns.values()), {})
    for name, said in columns.items():
        if said.keys() != claims.keys():
            raise PipelineError(f"report of {name}: its conclusions have other words; write it again")
    rows = [[index, claim, *(said[claim] for said in columns.values())] for index, claim in enumerate(claims, 1)]
    return summary.table(rows, ["", "conclusion", *columns])
