"""Copy results and verdicts of the reports into README.md, and the results of the studies into docs/studies.md."""

import argparse
import re
from pathlib import Path

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_text
from pipeline.core.paths import RESULTS, ROOT
from pipeline.reporting.markdown import BEGIN, BEGIN_VERDICTS, END, END_VERDICTS
from tools.study import pages
from tools.study.plan import STUDIES

REPORT, README, OVERVIEW = RESULTS / "report.md", ROOT / "README.md", ROOT / "docs/studies.md"
DECISIVE = STUDIES / "conclusions/report.md"  # the report with the verdicts, if the study was trained
BEGIN_STUDIES, END_STUDIES = "<!-- studies -->", "<!-- /studies -->"


def find_block(path: Path, begin: str, end: str) -> tuple[str, str]:
    """Read a file; return its text and the part from marker to marker, markers included."""
    name = path.name if path.parent == ROOT else f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise PipelineError(f"{name}: not found; run `make repro`, or restore it with git")
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(f"{re.escape(begin)}.*?{re.escape(end)}", text, re.DOTALL)
    if len(blocks) != 1:
        raise PipelineError(
            f"{name}: found {len(blocks)} blocks from {begin} to {end}, expected one; restore the markers"
        )
    return text, blocks[0]


def main(arguments: argparse.Namespace) -> None:
    """Update both pages; with --check, only fail if one is out of date."""
    _, results = find_block(REPORT, BEGIN, END)
    _, verdicts = find_block(DECISIVE if DECISIVE.is_file() else REPORT, BEGIN_VERDICTS, END_VERDICTS)
    studies = f"{BEGIN_STUDIES}\n\n{pages.overview()}\n\n{END_STUDIES}"
    for path, new, markers in (
        (README, verdicts, (BEGIN_VERDICTS, END_VERDICTS)),
        (README, results, (BEGIN, END)),
        (OVERVIEW, studies, (BEGIN_STUDIES, END_STUDIES)),
    ):
        text, old = find_block(path, *markers)
        if new != old:
            if arguments.check:
                raise PipelineError(f"{path.name}: its results are out of date; run `python -m tools.readme`")
            write_text(path, text.replace(old, new))
    print("README.md and docs/studies.md are up to date")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if a page is out of date")
    errors.run_command(main, parser)
