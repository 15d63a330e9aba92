"""Errors that a person can act on, and the one place where they become an exit status."""

import argparse
import difflib
import errno
import sys
from collections.abc import Callable, Collection


class PipelineError(Exception):
    """What went wrong, in one line: the file or key, what was found, what was expected, what to do."""


class Interrupted(Exception):
    """The work was asked to stop; what is done so far is kept."""


def run_command(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parse the arguments and call `main`; print its error as one line and exit with 1, or 130 when interrupted.

    `--debug`, added to every parser, shows the stack trace instead.
    """
    parser.add_argument("--debug", action="store_true", help="show the stack trace of an error")
    arguments = parser.parse_args()
    try:
        main(arguments)
    except (PipelineError, OSError) as error:
        if arguments.debug:
            raise
        sys.exit(f"error: {describe(error)}")
    except (KeyboardInterrupt, Interrupted) as stop:
        if arguments.debug:
            raise
        print(f"interrupted: {stop}" if str(stop) else "interrupted", file=sys.stderr)
        sys.exit(130)


def describe(error: Exception) -> str:
    """An error in words: our own as it is, any other in one line; a full disk gets the words that people search for."""
    if isinstance(error, PipelineError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{error.filename or 'disk'}: no space left on the device; free some and run again"
    return " ".join(str(error).split()) or type(error).__name__


def did_you_mean(name: str, known: Collection[str]) -> str:
    """The end of a sentence that says that `name` is unknown: the nearest known name, if one is near, and all."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"{hint} (known: {', '.join(known)})"
