"""Copies the results of `results/report.md`, and those of the studies, into README.md, between two markers each."""

import argparse
import re
from pathlib import Path

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_text
from pipeline.core.paths import RESULTS, ROOT
from pipeline.reporting.markdown import BEGIN, END
from tools.study import overview

README = ROOT / "README.md"
BEGIN_STUDIES, END_STUDIES = "<!-- studies -->", "<!-- /studies -->"


def updated(readme: str, report: str, studies: str) -> str:
    """The README with the report's block and `studies` in their places; PipelineError if a marker is missing."""
    block = _block(report, "results/report.md", BEGIN, END)
    readme = readme.replace(_block(readme, "README.md", BEGIN, END), block)
    old = _block(readme, "README.md", BEGIN_STUDIES, END_STUDIES)
    return readme.replace(old, f"{BEGIN_STUDIES}\n\n{studies}\n\n{END_STUDIES}")


def _block(text: str, name: str, begin: str, end: str) -> str:
    blocks = re.findall(f"{re.escape(begin)}.*?{re.escape(end)}", text, re.DOTALL)
    if len(blocks) != 1:
        raise PipelineError(
            f"{name}: found {len(blocks)} blocks from {begin} to {end}, expected one; restore the markers"
        )
    return blocks[0]


def _read(path: Path) -> str:
    if not path.is_file():
        raise PipelineError(f"{path.relative_to(ROOT)}: not found; run `make repro`, or restore it with git")
    return path.read_text(encoding="utf-8")


def main(arguments: argparse.Namespace) -> None:
    """Bring the README up to date; with --check, only say whether it is."""
    old = _read(README)
    new = updated(old, _read(RESULTS / "report.md"), overview.text())
    if arguments.check and new != old:
        raise PipelineError(
            "README.md: its results are not those of results/report.md and study/; run `python -m tools.readme`"
        )
    if new != old:
        write_text(README, new)
    print("README.md is current")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if the README is not current")
    errors.run_command(main, parser)
