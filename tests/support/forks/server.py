"""Import libraries once, then run a module in a fork of this process for each request of client.py.

    python server.py SOCKET

It ends when its standard input does.
"""

import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys

LIBRARIES = (
    *("tensorflow", "keras", "mlflow.keras", "mlflow.store.tracking.sqlalchemy_store", "dvc.repo", "scipy.stats"),
    *("matplotlib.figure", "matplotlib.backends.backend_agg", "pydantic", "ruamel.yaml", "tabulate"),
)
HIDDEN = ("sklearn", "matplotlib.pyplot")  # Keras would import them, and pipeline/runtime/session.py hides them
READ_WHILE_IMPORTED = ("KERAS_", "MPL", "OMP_", "ONEDNN_", "DNNL_", "PYTHON", "TF_", "XLA_", "LANG", "LC_")


def main(address: str) -> None:
    """Answer requests."""
    sys.modules.update(dict.fromkeys(HIDDEN))
    for name in LIBRARIES:
        importlib.import_module(name)
    for name in HIDDEN:
        del sys.modules[name]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("ready", flush=True)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
        while sys.stdin not in select.select([sys.stdin, listening], [], [])[0]:
            client, _ = listening.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listening.close()
                return answer(client)
            client.close()


def answer(client: socket.socket) -> None:
    """Run the request in another fork and send its id and exit status, or nothing where it must not run in a fork.

    The fork leads a process group, as a command of a shell does.
    """
    _, streams, _, _ = socket.recv_fds(client, 1, 3)
    request = json.loads(client.makefile().readline())
    child = os.fork() if has_our_settings(request["environment"]) else None
    if child == 0:
        client.close()
        return run(request, streams)
    if child:
        for stream in streams:
            os.close(stream)
        os.setpgid(child, child)  # it and what it starts are signalled together
        client.sendall(f"{child}\n".encode())
        if client in select.select([client, os.pidfd_open(child)], [], [])[0]:
            os.killpg(child, signal.SIGKILL)  # client.py was killed
        _, status = os.waitpid(child, 0)
        client.sendall(f"{os.waitstatus_to_exitcode(status) % 256}\n".encode())
    os._exit(0)


def has_our_settings(environment: dict[str, str]) -> bool:
    """Whether the libraries have seen every variable that they may have read while they were imported."""
    read = {name: value for name, value in environment.items() if name.startswith(READ_WHILE_IMPORTED)}
    return read.items() <= os.environ.items()


def run(request: dict, streams: list[int]) -> None:
    """Run the module as `python -m` does."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    for name, number, options in (
        ("stdin", 0, {}),
        ("stdout", 1, {"mode": "w", "buffering": 1}),
        ("stderr", 2, {"mode": "w", "buffering": 1}),
    ):
        stream = open(number, closefd=False, **options)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    os.environ.pop("DVC_STAGE", None)  # a training would miss the dvc process among its ancestors and stop
    sys.path[0] = request["folder"]
    sys.argv = request["argv"]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1])
