"""A real tracking server that dies while a training runs, or answers late."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.faults.bench import RUN, TRAIN, Bench, caught_up, checkpoints, free_port, until
from tests.faults.slowly import relayed
from tests.faults.table import fault, line
from tests.faults.tracking import GOES_ON, WARNING, trained
from tests.support.workspace import Workspace

DELAY = 0.3  # seconds before each piece of an answer


@fault("tracking server: dies while a training runs", f"{GOES_ON}; a server that is back gets all of the run")
def dies(bench: Bench) -> str:
    """Killed after the first epoch, then started again on what it left."""
    place, port = bench.prepared(), free_port()
    environment = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1"}
    with serving(place, port):
        training = place.start(*TRAIN, **environment)
        until(lambda: checkpoints(place), "a checkpoint", training)
    printed = training.communicate()[0]
    assert training.returncode == 0, printed
    bench.same(place)
    with serving(place, port):
        place.run("python", "-m", "pipeline.evaluate", RUN, **environment)
    caught_up(place.root / "server.db")
    return f"{line(printed, WARNING) or 'no warning'}; later FINISHED with 3 epochs"


@fault("tracking server: slow", "the training does not wait; it ends in the same bytes; the next stage catches up")
def slow(bench: Bench) -> str:
    """Every answer comes late while the training runs."""
    place, port = bench.prepared(), free_port()
    with serving(place, port):
        with relayed(port, DELAY) as relay:
            seen = trained(bench, place, f"http://127.0.0.1:{relay}", warned=False)
        environment = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1"}
        place.run("python", "-m", "pipeline.evaluate", RUN, **environment)
    caught_up(place.root / "server.db")
    return f"{seen}; later FINISHED with 3 epochs"


@contextmanager
def serving(place: Workspace, port: int) -> Iterator[None]:
    """Run a tracking server on what it left before, and kill it in the end."""
    options = ["--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", "server-artifacts"]
    command = ["mlflow", "server", *options, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    server = subprocess.Popen(
        command,
        cwd=place.root,
        env=place.environment({"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def listens() -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        until(listens, "the tracking server", server)
        yield
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
