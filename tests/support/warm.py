"""Import a stage's libraries once, then run the stage in a fork of this process for every line read, to save time.

    python -m tests.support.warm OUTPUT LIBRARY,LIBRARY MODULE [ARGUMENT…]

Each fork writes its output to OUTPUT and stops itself before the stage starts, so that a tracer can be attached. This
process prints the fork's id, and its exit status when it has ended.
"""

import ctypes
import importlib
import os
import runpy
import signal
import sys

ALLOW_ANY_TRACER = (0x59616D61, ctypes.c_ulong(-1))  # PR_SET_PTRACER, PR_SET_PTRACER_ANY


def main() -> None:
    """Run the stage once per line of standard input."""
    output, libraries, *sys.argv = sys.argv[1:]
    for name in libraries.split(","):
        importlib.import_module(name)
    print("ready", flush=True)
    while sys.stdin.readline():
        child = os.fork()
        if child == 0:
            run_stage(output)
            return
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run_stage(output: str) -> None:
    """Run the module as `python -m` does."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    ctypes.CDLL(None).prctl(*ALLOW_ANY_TRACER)
    os.kill(os.getpid(), signal.SIGSTOP)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
