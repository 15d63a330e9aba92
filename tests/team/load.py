"""Many processes log at once, into mlflow.db and to the team's server: `python -m tests.team.load`."""

import argparse
import multiprocessing
import os
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

from tabulate import tabulate

from pipeline.core import errors
from pipeline.core.paths import ROOT
from pipeline.tracking import store
from tests.team.parts import SECRETS, Bucket, Postgres, Server, programs

QUERY = "SELECT count(*) FROM (SELECT DISTINCT run_uuid, key, step, value FROM metrics) AS rows"
TIMEOUT = 300  # seconds; a call that is answered late counts as late, not as lost


def work(
    number: int, shape: argparse.Namespace, settings: dict[str, str], barrier: Barrier, queue: multiprocessing.Queue
) -> None:
    """Log this process's runs; the seconds that each call took go into the queue, also if one fails and ends it."""
    os.environ |= settings  # only now: importing the project has removed an outer DVC_ROOT
    seconds: list[float] = []
    try:
        log(number, shape, barrier, seconds)
    finally:
        queue.put(seconds)


def log(number: int, shape: argparse.Namespace, barrier: Barrier, seconds: list[float]) -> None:
    """Log runs, and note the `seconds` of each call."""
    client, experiment = store.connect()
    from mlflow.entities import Metric

    barrier.wait(TIMEOUT)
    for _ in range(shape.runs):
        run = client.create_run(experiment).info.run_id
        for epoch in range(1, shape.epochs + 1):
            now = round(time.time() * 1000)
            metrics = [Metric(f"metric-{key}", number + epoch / 100, now, epoch) for key in range(shape.metrics)]
            begin = time.perf_counter()
            client.log_batch(run, metrics=metrics)
            seconds.append(time.perf_counter() - begin)
        client.set_terminated(run)


def measure(shape: argparse.Namespace, settings: dict[str, str]) -> tuple[list[float], float]:
    """The seconds of every call, and of the whole; `settings` say where to log."""
    settings |= {"MLFLOW_HTTP_REQUEST_TIMEOUT": str(TIMEOUT), "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}
    spawn = multiprocessing.get_context("spawn")
    barrier, queue = spawn.Barrier(shape.processes + 1), spawn.Queue()
    processes = [
        spawn.Process(target=work, args=(number, shape, settings, barrier, queue)) for number in range(shape.processes)
    ]
    for process in processes:
        process.start()
    barrier.wait(TIMEOUT)
    begin = time.perf_counter()
    calls = [seconds for _ in processes for seconds in queue.get()]
    took = time.perf_counter() - begin
    for process in processes:
        process.join()
    return calls, took


def on_sqlite(shape: argparse.Namespace) -> tuple[list[float], float, int]:
    """All processes write into one mlflow.db, as `dvc repro` in several shells does."""
    with tempfile.TemporaryDirectory() as folder:
        calls, took = measure(shape, {"DVC_ROOT": folder})
        with closing(sqlite3.connect(Path(folder, store.DATABASE))) as database:
            return calls, took, database.execute(QUERY).fetchone()[0]


def on_the_server(shape: argparse.Namespace) -> tuple[list[float], float, int]:
    """All processes log to the team's server, which asks for a password and writes to PostgreSQL."""
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            parts.append(Postgres())
            parts.append(Bucket(Path(folder)))
            parts.append(Server(Path(folder), *parts))
            login = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": SECRETS["ADMIN_PASSWORD"]}
            calls, took = measure(shape, {"MLFLOW_TRACKING_URI": parts[2].uri} | login)
            return calls, took, int(parts[0].run("psql", "-Atc", QUERY, "mlflow").stdout)
        finally:
            for part in reversed(parts):
                part.stop()


def main(shape: argparse.Namespace) -> None:
    """Print a line for each store; PipelineError without PostgreSQL, or if rows were lost."""
    if programs() is None:
        raise errors.PipelineError("PostgreSQL: not found; install it with setup/debian")
    os.chdir(ROOT)
    rows = []
    sent = shape.processes * shape.runs * shape.epochs * shape.metrics
    for name, store_ in {"mlflow.db": on_sqlite, "server": on_the_server}.items():
        before = os.getloadavg()[0]
        calls, took, kept = store_(shape)
        percentiles = statistics.quantiles(calls, n=100)
        median, late = 1000 * statistics.median(calls), 1000 * percentiles[98]
        rows.append((name, sent, sent - kept, f"{median:.0f}", f"{late:.0f}", f"{sent / took:.0f}", f"{before:.1f}"))
    head = ("store", "rows sent", "rows lost", "p50 [ms]", "p99 [ms]", "rows a second", "machine's load before")
    print(tabulate(rows, head, tablefmt="pipe", disable_numparse=True))
    if any(row[2] for row in rows):
        raise errors.PipelineError("rows were lost")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for option, value in {"processes": 20, "runs": 10, "epochs": 20, "metrics": 40}.items():
        parser.add_argument(f"--{option}", type=int, default=value)
    errors.run_command(main, parser)
