"""Print as Markdown what differs in params and metrics from a commit, branch, tag or DVC experiment: `make compare`."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

from pipeline.core import commands, errors
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_text
from pipeline.core.git import ask_git
from pipeline.core.paths import PARAMS_FILE, ROOT


def comparison(revision: str) -> str:
    """The tables of changed params and metrics since `revision`; PipelineError if that is unknown."""
    fetch_missing(revision)
    params = commands.run(
        *("dvc", "params", "diff", "--md", "--targets", str(PARAMS_FILE), "--", revision), cwd=ROOT
    ).strip()
    metrics = commands.run("dvc", "metrics", "diff", "--md", "--", revision, cwd=ROOT).strip()
    return f"## Params since `{revision}`\n\n{params}\n\n## Metrics since `{revision}`\n\n{metrics}\n"


def fetch_missing(revision: str) -> None:
    """In a partial clone, fetch the files of a commit, which DVC would wait for without an end."""
    with suppress(PipelineError):  # an experiment's name, or nothing; DVC says so
        commit = ask_git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        commands.run("git", "diff", "--shortstat", "HEAD", commit, cwd=ROOT)


def main(arguments: argparse.Namespace) -> None:
    """Print the comparison, or write it to the file."""
    text = comparison(arguments.revision)
    if arguments.file:
        write_text(Path(arguments.file), text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", metavar="REV", help="a commit, branch, tag or DVC experiment")
    parser.add_argument("file", metavar="FILE", nargs="?", help="where to write it; without it, it is printed")
    errors.run_command(main, parser)
