"""Error messages for people, and the exit status of every command."""

import argparse
import difflib
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection
from contextlib import suppress

FULL = 1e6  # bytes; a disk with less free space is called full

MAX_REASON = 200  # characters of another library's message


class PipelineError(Exception):
    """An error for people: the file or key, what was found, what was expected, what to do."""


class Interrupted(Exception):
    """A signal asked the work to stop; what was done so far is kept."""


def run_command(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parse the arguments and call `main`; exit with 1 and the error's message, or with 130 if interrupted.

    The option `--debug`, added to every parser, shows the stack trace instead.
    """
    parser.add_argument("--debug", action="store_true", help="show the stack trace of an error")
    arguments = parser.parse_args()
    try:
        main(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # such as `| head`, which has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python would complain at its end
        sys.exit(1)
    except (PipelineError, OSError, RecursionError) as error:
        if arguments.debug:
            raise
        sys.exit(f"error: {describe(error)}")
    except (KeyboardInterrupt, Interrupted) as stop:
        if arguments.debug:
            raise
        print(f"interrupted: {stop}" if str(stop) else "interrupted", file=sys.stderr)
        sys.exit(130)


def describe(error: Exception) -> str:
    """The message of an error: a PipelineError's own lines, any other in one line; a full disk is named as such."""
    if isinstance(error, PipelineError):
        return "\n".join(printable(line) for line in str(error).split("\n"))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{error.filename or full_folder()}: no space left on the device; free some and run again"
    if isinstance(error, RecursionError):
        return "a file that it reads is damaged, nested too deeply; `--debug` shows which reader met it"
    return printable(" ".join(str(error).split())) or type(error).__name__


def full_folder() -> str:
    """The working directory or the folder of temporary files, whichever is full; `disk` if neither is."""
    with suppress(OSError):  # where no temporary folder can be written
        for folder in (os.getcwd(), tempfile.gettempdir()):
            if shutil.disk_usage(folder).free < FULL:
                return folder
    return "disk"


def printable(text: str) -> str:
    """Escape the control characters and line breaks in text of a file, a server or another program."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def reason(error: Exception) -> str:
    """What a library's error says, in one line of at most 200 characters; with its type where that is needed."""
    text = printable(" ".join(str(error).split()))
    if not text or isinstance(error, LookupError | TypeError | AttributeError | RecursionError):
        text = f"{type(error).__name__}: {text}".removesuffix(": ")
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]}…"


def did_you_mean(name: str, known: Collection[str]) -> str:
    """The end of a message about an unknown `name`: the nearest known name, if one is near, and all known ones."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"{hint} (known: {', '.join(known)})"
