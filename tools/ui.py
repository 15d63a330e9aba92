"""Serve MLflow's UI on this machine only and open the page that compares all runs: `make ui`."""

import argparse
import os
import socket
import sys
import time
import webbrowser
from collections.abc import Sequence
from contextlib import closing, suppress
from http.client import HTTPConnection
from urllib.parse import urlsplit

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.tracking import database, saved_view, store

DATABASE = ROOT / store.DATABASE
HOST = "127.0.0.1"
PORTS = range(5000, 5020)  # the first is often taken, on macOS by the system itself


def experiment() -> tuple[str, bool]:
    """The id of the experiment in mlflow.db, and whether it has the saved view; PipelineError if there is none."""
    if not DATABASE.exists():
        raise PipelineError(f"{DATABASE.name}: not found; run `make repro` first, it records every training there")
    query = """SELECT experiments.experiment_id, experiment_tags.key FROM experiments
        LEFT JOIN experiment_tags ON experiment_tags.experiment_id = experiments.experiment_id AND key = ?
        WHERE name = ?"""
    database.require_usable(DATABASE, store.EXPERIMENT)
    found = database.select(DATABASE, query, [saved_view.TAG, store.EXPERIMENT])
    if not found:
        raise PipelineError(f"{DATABASE.name}: it has no experiment {store.EXPERIMENT!r}; run `make repro` to fill it")
    return str(found[0][0]), found[0][1] is not None


def address(number: int) -> str:
    """The address of the charts of all runs, in this project's order, on that port."""
    found, viewed = experiment()
    query = "workflowType=machine_learning&compareRunsMode=CHART"
    if viewed:
        query += f"&viewStateShareKey={saved_view.KEY}"
    return f"http://{HOST}:{number}/#/experiments/{found}/runs?{query}"


def free_port(wanted: int | None, ports: Sequence[int], verb: str) -> int:
    """`wanted`, or the first free port of `ports`; PipelineError, which names the verb of make, if there is none."""
    remedy = f"choose another: make {verb} PORT=8080"
    if wanted is not None and not 1 <= wanted <= 65535:
        raise PipelineError(f"port {wanted}: not one of 1 to 65535; {remedy}")
    for number in [wanted] if wanted else ports:
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, number))
            except OSError:
                continue
            return number
    raise PipelineError(f"port {wanted or f'{ports[0]} to {ports[-1]}'}: in use; {remedy}")


def announce(where: str, server: int) -> None:
    """Wait until the server answers, say so, and open the page in a browser that has a screen; end with the server."""
    while os.getppid() == server:
        with suppress(OSError), closing(HTTPConnection(urlsplit(where).netloc, timeout=5)) as connection:
            connection.request("GET", "/health")
            connection.getresponse()
            print(f"ready: {where}", flush=True)
            if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
                webbrowser.open(where)
            return
        time.sleep(0.5)


def announce_from_fork(where: str) -> None:
    """Leave `announce` to another process; this one becomes the server, so that it gets every signal."""
    server = os.getpid()  # the fork, once it has lost its parent, would be told another number
    if os.fork() == 0:
        announce(where, server)
        os._exit(0)


def main(arguments: argparse.Namespace) -> None:
    """Print the address, then become the server."""
    number = free_port(arguments.port, PORTS, "ui")
    place = address(number)
    store.relocate_artifacts(DATABASE.parent)
    print(f"in some 20 seconds at {place}\nCtrl-C ends it", flush=True)
    announce_from_fork(place)
    store.set_environment()
    os.chdir(ROOT)
    options = ["--backend-store-uri", f"sqlite:///{DATABASE}", "--host", HOST, "--port", str(number), "--workers", "1"]
    os.execvp("mlflow", ["mlflow", "ui", *options])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int, nargs="?", help=f"port on {HOST}; without it the first free one")
    errors.run_command(main, parser)
