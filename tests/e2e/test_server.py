"""A tracking server in place of the local database: a real one, on this machine."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import mlflow
import pytest

from tests.support.mirrored import RUN, client, content, of_result, sync
from tests.support.workspace import RUNS, Workspace

pytestmark = pytest.mark.slow

PASSWORD = "-".join(["open", "sesame"])  # not to be found in this file
WAIT = 120  # seconds, at most, for the server to answer


class Server:
    """`mlflow server` in a process group of its own."""

    def __init__(self, folder: Path, workspace: Workspace) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self.command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        self.command += ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--artifacts-destination", str(folder)]
        self.folder, self.workspace = folder, workspace
        self.start()

    def start(self) -> None:
        environment = self.workspace.environment({})
        log = (self.folder / "server.log").open("a")
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        until = time.monotonic() + WAIT
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.5)

    def uri_with(self, password: str) -> str:
        return self.uri.replace("//", f"//somebody:{password}@")

    def answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.uri}/health", timeout=2) as answer:
            return answer.status == 200
        return False

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, finished: Workspace) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("server"), finished)
    yield started
    started.stop()


def test_an_empty_server_is_filled_no_password_leaks_and_nothing_is_retrained(
    server: Server, finished: Workspace
) -> None:
    sync(finished)
    assert sync(finished, MLFLOW_TRACKING_URI=server.uri_with(PASSWORD)) == dict.fromkeys(RUNS, "rebuilt")
    theirs = mlflow.MlflowClient(server.uri)
    training = of_result(finished).data.tags["training_id"]
    experiment = theirs.get_experiment_by_name("mnist").experiment_id
    (run,) = theirs.search_runs([experiment], f"tags.training_id = '{training}'")
    assert content(theirs, run) == content(client(finished), of_result(finished))
    mlflow.set_tracking_uri(server.uri)
    assert mlflow.keras.load_model(f"models:/{run.outputs.model_outputs[0].model_id}").name == "lenet"
    assert sync(finished, MLFLOW_TRACKING_URI=server.uri) == dict.fromkeys(RUNS, "linked")
    assert "Running stage" not in finished.run("dvc", "repro", MLFLOW_TRACKING_URI=server.uri).stdout
    # another process looks, since this one would drop its own locks on the database with the files that it closes
    found = subprocess.run(["grep", "-rlF", PASSWORD, server.folder, finished.root], capture_output=True, check=False)
    assert (found.returncode, found.stdout) == (1, b"")


def test_a_server_that_dies_during_a_training_loses_nothing(server: Server, finished: Workspace) -> None:
    finished.edit(lambda values: values["runs"][RUN].update(seed=3, epochs=8))
    before = finished.contents(RUN, equal=False)
    try:
        training = finished.start("python", "-m", "pipeline.train", RUN, MLFLOW_TRACKING_URI=server.uri)
        until = time.monotonic() + WAIT
        while not list(finished.root.glob(f".checkpoints/{RUN}-*/000001")):
            assert time.monotonic() < until
            time.sleep(0.05)
        server.stop()
        died = time.monotonic()
        printed, _ = training.communicate()
        assert training.returncode == 0, printed
        assert len(re.findall("warning: could not log to MLflow", printed)) <= 2
        assert time.monotonic() - died < 60
        finished.run("python", "-m", "pipeline.evaluate", RUN, MLFLOW_TRACKING_URI=server.uri)
        server.start()
        assert sync(finished, MLFLOW_TRACKING_URI=server.uri)[RUN] == "linked (caught up)"
        theirs = mlflow.MlflowClient(server.uri)
        seed = "params.seed = '3'"
        (run,) = theirs.search_runs([theirs.get_experiment_by_name("mnist").experiment_id], seed)
        assert [point.step for point in theirs.get_metric_history(run.info.run_id, "val_loss")] == list(range(1, 9))
        assert run.info.status == "FINISHED"
    finally:
        finished.edit(lambda values: [values["runs"][RUN].pop(key) for key in ("seed", "epochs")])
        for name, bytes_ in before.items():
            (finished.results(RUN) / name).write_bytes(bytes_)
    assert "up to date" in finished.run("dvc", "status").stdout
