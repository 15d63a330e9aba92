"""Serve MLflow's UI on this machine only and print the address that compares all runs: `make ui`."""

import argparse
import os
import socket
import sqlite3
from contextlib import closing

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.tracking import saved_view, store

DATABASE = ROOT / store.DATABASE
HOST = "127.0.0.1"
PORTS = range(5000, 5020)  # the first is often taken, on macOS by the system itself


def experiment() -> tuple[str, bool]:
    """The id of the experiment in mlflow.db, and whether it holds the view; PipelineError if it is missing."""
    if not DATABASE.exists():
        raise PipelineError(f"{DATABASE.name}: not found; run `make repro` first, it records every training there")
    query = """SELECT experiments.experiment_id, experiment_tags.key FROM experiments
        LEFT JOIN experiment_tags ON experiment_tags.experiment_id = experiments.experiment_id AND key = ?
        WHERE name = ?"""
    try:
        with closing(sqlite3.connect(f"{DATABASE.as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute(query, [saved_view.TAG, store.EXPERIMENT]).fetchone()
    except sqlite3.DatabaseError as error:
        raise PipelineError(f"{DATABASE.name}: {error}; it is no MLflow database, move it away") from None
    if found is None:
        raise PipelineError(f"{DATABASE.name}: it has no experiment {store.EXPERIMENT!r}; run `make repro` to fill it")
    return str(found[0]), found[1] is not None


def address(number: int) -> str:
    """Where the server on that port shows the charts of all runs, as this project orders them."""
    found, viewed = experiment()
    query = "workflowType=machine_learning&compareRunsMode=CHART"
    if viewed:
        query += f"&viewStateShareKey={saved_view.KEY}"
    return f"http://{HOST}:{number}/#/experiments/{found}/runs?{query}"


def port(wanted: int | None) -> int:
    """`wanted`, or the first free one of `PORTS`; PipelineError if there is none."""
    if wanted is not None and not 1 <= wanted <= 65535:
        raise PipelineError(f"port {wanted}: not one of 1 to 65535; choose another: make ui PORT=8080")
    for number in [wanted] if wanted else PORTS:
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, number))
            except OSError:
                continue
            return number
    raise PipelineError(f"port {wanted or f'{PORTS[0]} to {PORTS[-1]}'}: in use; choose another: make ui PORT=8080")


def main(arguments: argparse.Namespace) -> None:
    """Print the address, then become the server."""
    number = port(arguments.port)
    print(f"in some 20 seconds at {address(number)}\nCtrl-C ends it", flush=True)
    store.relocate_artifacts(DATABASE.parent)
    store.set_environment()
    os.chdir(ROOT)
    options = ["--backend-store-uri", f"sqlite:///{DATABASE}", "--host", HOST, "--port", str(number), "--workers", "1"]
    os.execvp("mlflow", ["mlflow", "ui", *options])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int, nargs="?", help=f"port on {HOST}; without it the first free one")
    errors.run_command(main, parser)
