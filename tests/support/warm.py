"""Import a stage's libraries once, then run the stage in a fork of this process for every line read, to save time.

    python -m tests.warm OUTPUT LIBRARY,LIBRARY MODULE [ARGUMENT…]

Each fork prints into OUTPUT and stops itself before it begins, so that a tracer can be attached; this process prints
the fork's id, and its exit status when it has ended.
"""

import ctypes
import importlib
import os
import runpy
import signal
import sys

ANYBODY_MAY_TRACE = (0x59616D61, ctypes.c_ulong(-1))  # PR_SET_PTRACER, PR_SET_PTRACER_ANY


def main() -> None:
    """Answer lines until there are no more."""
    output, libraries, *sys.argv = sys.argv[1:]
    for name in libraries.split(","):
        importlib.import_module(name)
    print("ready", flush=True)
    while sys.stdin.readline():
        child = os.fork()
        if child == 0:
            stage(output)
            return
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def stage(output: str) -> None:
    """Run the module as its command does."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    ctypes.CDLL(None).prctl(*ANYBODY_MAY_TRACE)
    os.kill(os.getpid(), signal.SIGSTOP)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
