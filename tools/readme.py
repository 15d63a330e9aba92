"""Copies the results of `results/report.md`, and the studies' verdicts, into README.md, between two markers each."""

import argparse
import re
from pathlib import Path

from pipeline import errors
from pipeline.errors import PipelineError
from pipeline.files import ROOT, write_text
from pipeline.report import BEGIN, END, REPORT
from tools.study import verdicts

README = ROOT / "README.md"
BLOCK = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
VERDICTS = re.compile("(?<=<!-- verdicts -->\n\n).*?(?=\n\n<!-- /verdicts -->)", re.DOTALL)


def updated(readme: str, report: str) -> str:
    """The text of the README with the block of the report in place of its own; PipelineError if either lacks one."""
    block = _block(report, "results/report.md")
    return readme.replace(_block(readme, "README.md"), block)


def _block(text: str, name: str) -> str:
    blocks = BLOCK.findall(text)
    if len(blocks) != 1:
        raise PipelineError(
            f"{name}: found {len(blocks)} blocks from {BEGIN} to {END}, expected one; restore the markers"
        )
    return blocks[0]


def _read(path: Path) -> str:
    if not path.is_file():
        raise PipelineError(f"{path.relative_to(ROOT)}: not found; run `make repro`, or restore it with git")
    return path.read_text(encoding="utf-8")


def main(arguments: argparse.Namespace) -> None:
    """Bring the README up to date; with --check, only say whether it is."""
    old = _read(README)
    new = VERDICTS.sub(lambda _: verdicts.table(verdicts.here()), updated(old, _read(REPORT)))
    if arguments.check and new != old:
        raise PipelineError("README.md: its results are not those of results/report.md; run `python -m tools.readme`")
    if new != old:
        write_text(README, new)
    print("README.md is current")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if the README is not current")
    errors.run(main, parser)
