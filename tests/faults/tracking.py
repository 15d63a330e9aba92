"""A tracking server or database that is away, broken, or slow: it may cost a warning, never the training."""

import sqlite3
import time
from contextlib import closing

from tests.faults.bench import TRAIN, Bench
from tests.faults.table import fault
from tests.support.https import serve
from tests.support.workspace import Workspace

GOES_ON = "a warning; the training ends in the same bytes"
WARNING = "warning: could not log to MLflow"
LONGEST = 600  # seconds on a busy machine; with MLflow's own patience it would be hours


def trained(bench: Bench, place: Workspace, uri: str | None = None) -> str:
    """Train, see one kind of warning and the same bytes, and that it was not long."""
    began = time.monotonic()
    done = place.run(*TRAIN, **({"MLFLOW_TRACKING_URI": uri} if uri else {}), NO_PROXY="127.0.0.1")
    assert time.monotonic() - began < LONGEST, "it took minutes longer"
    warnings = [line for line in done.stderr.splitlines() if line.startswith(WARNING)]
    assert warnings, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    bench.same(place)
    return warnings[0]


@fault("tracking server: accepts and never answers", GOES_ON)
def silent(bench: Bench) -> str:
    """Longer than our patience."""
    with serve(otherwise=lambda handler: handler.server.over.wait(120)) as server:
        seen = trained(bench, bench.prepared(), server.address.rstrip("/"))
        assert server.asked, "the server was never asked"
        return seen


@fault("mlflow.db: damaged", f"{GOES_ON}; doctor names it")
def damaged(bench: Bench) -> str:
    """Overwritten with something else."""
    place = bench.prepared()
    (place.root / "mlflow.db").write_bytes(b"no database at all\n" * 1000)
    seen = trained(bench, place)
    printed = place.run("python", "-m", "tools.doctor", check=False).stdout
    assert "WRONG  mlflow.db" in printed, printed
    return seen


@fault("mlflow.db: locked", GOES_ON)
def locked(bench: Bench) -> str:
    """By another process, all the time."""
    place = bench.prepared()
    place.run("python", "-c", "from pipeline.tracking import store; store.connect()")
    with closing(sqlite3.connect(place.root / "mlflow.db")) as database:
        database.execute("BEGIN EXCLUSIVE")
        return trained(bench, place)
