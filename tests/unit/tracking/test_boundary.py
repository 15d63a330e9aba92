"""What a training sees of tracking servers that answer anything, slowly, or not at all: a warning, within seconds."""

import json
import random
import time
from contextlib import contextmanager

import pytest

from pipeline.core.errors import PipelineError
from pipeline.tracking import address, boundary, run_mirror, store
from pipeline.tracking.boundary import TrackingError
from pipeline.tracking.run_mirror import RunMirror
from tests.support import study
from tests.support.https import serve
from tests.support.mirrored import complete
from tests.support.mutations import mutated_bytes, mutated_json

LIMIT = 1.0  # seconds, in place of SERVER_LIMIT
EXPERIMENT = {
    "experiment": {
        "experiment_id": "1",
        "name": "mnist",
        "lifecycle_stage": "active",
        "artifact_location": "mlflow-artifacts:/1",
    }
}


@pytest.fixture
def folder(tmp_path):
    made = study.write_run(tmp_path / "runs", "lenet-dropout", images=100, errors=10)
    complete(made, 0)
    return made


def answer(status=200, body=b"", **headers):
    """A handler that sends this answer."""

    def send(handler):
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


def trickle(handler):
    """A byte of a long answer every now and then, so that no read ever times out."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.over.wait(0.2):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def silent(handler):
    """Nothing."""
    handler.server.over.wait(60)


@contextmanager
def tracked_by(handler, monkeypatch):
    """A server that gives every request this answer, named as the tracking server."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(otherwise=handler) as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
        yield server


ANSWERS = {
    "nonsense": answer(body=b'{"experiment": 5}'),
    "a list": answer(body=b"[1, 2]"),
    "a surrogate": answer(
        body=b'{"experiment": {"name": "\\ud800", "experiment_id": "\\ud800", "lifecycle_stage": "x"}}'
    ),
    "deep": answer(body=b"[" * 100_000),
    "no UTF-8": answer(body=b"\xff\xfe"),
    "a page": answer(body=b"<html>login</html>", Content_Type="text/html"),
    "busy for a day": answer(503, Retry_After="86400"),
    "too many requests": answer(429, Retry_After="86400"),
    "an error with escape codes": answer(400, json.dumps({"error_code": "X", "message": "\x1b[31m\n" * 9}).encode()),
    "a circle": answer(302, Location="/"),
    "a byte now and then": trickle,
    "silence": silent,
}


@pytest.mark.parametrize("handler", ANSWERS.values(), ids=ANSWERS)
def test_no_answer_stops_a_training_or_holds_it_up(folder, monkeypatch, capsys, handler):
    import mlflow  # noqa: F401 (its import takes longer than the limit)

    monkeypatch.setattr(run_mirror, "SERVER_LIMIT", LIMIT)
    with tracked_by(handler, monkeypatch) as server:
        mirror = RunMirror(folder)
        began = time.monotonic()
        with mirror.report_failure():
            for _ in range(3):
                mirror.update(patient=True)
            mirror.update("FINISHED")
        mirror.update("FINISHED")  # even a second time
        assert time.monotonic() - began < LIMIT + 2
    assert server.asked
    lines = capsys.readouterr().err.splitlines()
    assert 1 <= len(lines) <= 3
    for line in lines:
        assert line.isprintable()
        assert line.startswith(f"warning: could not log to MLflow (MLFLOW_TRACKING_URI {server.address}: ")
        assert line.endswith("); training continues, run `make sync` later")


def test_the_cause_is_said_and_not_only_the_request(folder, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    RunMirror(folder).update("FINISHED")
    assert "MLFLOW_TRACKING_URI http://127.0.0.1:9: [Errno 111] Connection refused); " in capsys.readouterr().err


def test_an_experiment_with_odd_values_is_no_stack_trace(folder, monkeypatch, capsys):
    """Every later answer may be odd, too."""
    monkeypatch.setattr(run_mirror, "SERVER_LIMIT", 5.0)
    found = answer(body=json.dumps({"experiment": EXPERIMENT}).encode())
    with tracked_by(answer(body=b'{"runs": [{"info": 3}], "run": [], "files": "x"}'), monkeypatch) as server:
        server.routes = {"/api/2.0/mlflow/experiments/get-by-name?experiment_name=mnist": found}
        RunMirror(folder).update("FINISHED")
    assert capsys.readouterr().err.count("\n") == 1


def test_healthy_updates_go_on_while_the_training_does(folder, monkeypatch, tmp_path, capsys):
    """A server that takes a second an update costs a training of many epochs nothing but the last one."""
    seen = []
    monkeypatch.setattr(store, "connect", lambda: ("client", "1"))
    monkeypatch.setattr(run_mirror, "mirror_run", lambda *values: (time.sleep(0.3), seen.append(values[3])))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    mirror = RunMirror(folder)
    began = time.monotonic()
    for _ in range(20):
        mirror.update(patient=True)
    assert time.monotonic() - began < 0.3
    mirror.update("FINISHED")
    assert seen == ["RUNNING", "FINISHED"]
    assert capsys.readouterr().err == ""


def test_a_warning_about_damaged_results_is_one_line(folder, monkeypatch, capsys, tmp_path):
    (folder / "environment.json").write_text("{")
    RunMirror(folder).update("FINISHED")
    (folder / "environment.json").unlink()
    RunMirror(folder).update("FINISHED")
    said = capsys.readouterr().err.splitlines()
    assert ["environment.json" in line for line in said] == [True, True]


def test_errors_of_this_project_pass_and_all_others_become_one(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:open%20sesame@host")

    def fail(error):
        raise error

    with pytest.raises(PipelineError, match="^mine$") as caught:
        boundary.within(9, fail, PipelineError("mine"))
    assert type(caught.value) is PipelineError
    for error in (KeyError("x"), SystemExit(3), RecursionError(), UnicodeEncodeError("utf-8", "\ud800", 0, 1, "no")):
        with pytest.raises(TrackingError, match=r"^MLFLOW_TRACKING_URI http://\*\*\*@host: ") as caught:
            boundary.within(9, fail, error)
        assert str(caught.value).isprintable()
    with pytest.raises(TrackingError, match="it takes too long"):
        boundary.within(0.1, time.sleep, 3)


@pytest.mark.parametrize(
    "text",
    [
        "http://ada:se/cret@host:5000",
        "http://ada:se@cret@host",
        "http://ada:80/secret@host",
        "https://ada:se?cret@host",
        "https://ada:se#cret@host",
        "https://ada:sec ret@host",
        "postgresql://ada:sec/ret@host/runs",
        "ftp://ada:secret@host",
        "http://[secret@::1",
        "http://host/?password=secret",
    ],
)
def test_no_spelling_of_a_password_is_printed(monkeypatch, capsys, folder, text):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", text)
    monkeypatch.setattr(run_mirror, "SERVER_LIMIT", 3.0)
    mirror = RunMirror(folder)
    mirror.update("FINISHED")
    said = capsys.readouterr().err
    assert "MLFLOW_TRACKING_URI" in said
    assert not [piece for piece in ("secret", "cret", "ret@", "se@", "sec") if piece in said.replace("secret=", "")]


@pytest.mark.parametrize(
    "text",
    ["localhost:5000", "./mlruns", "databricks", "http://[::1", "http://", "http://h:99999", "sqlite://", "file:///x"],
)
@pytest.mark.parametrize("variable", ["MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"])
def test_a_wrong_address_is_named_with_its_variable(monkeypatch, tmp_path, variable, text):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv(variable, text)
    with pytest.raises(PipelineError) as caught:
        store.connect()
    assert str(caught.value).startswith(f"{variable}: '{text}' is no address of a tracking server; expected http")


def test_a_relative_database_is_the_repositorys_everywhere(monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///own.db")
    assert address.read_address(address.TRACKING) == f"sqlite:///{tmp_path}/own.db"
    client, experiment = store.connect()
    assert (tmp_path / "own.db").exists()
    assert client.get_experiment(experiment).artifact_location == (tmp_path / "mlartifacts").as_uri()


@pytest.mark.parametrize("count", [20, pytest.param(300, marks=[pytest.mark.slow, pytest.mark.fuzz])])
def test_random_answers_are_warnings_of_one_line(folder, monkeypatch, capsys, tmp_path, count):
    monkeypatch.chdir(tmp_path)  # where artifacts go if the answer names a relative folder
    info = {"run_id": "a" * 32, "run_uuid": "a" * 32, "experiment_id": "1", "status": "RUNNING", "artifact_uri": "x/y"}
    data = {"tags": [{"key": "training_id", "value": "0"}], "metrics": [{"key": "val_loss", "value": 1, "step": 1}]}
    run = {"info": {**info, "start_time": 1, "lifecycle_stage": "active"}, "data": data, "inputs": {}, "outputs": {}}
    whole = {
        "experiment": EXPERIMENT,
        "runs": [run],
        "run": run,
        "metrics": data["metrics"],
        "files": [],
        "root_uri": "",
    }
    rng = random.Random(5)
    monkeypatch.setattr(run_mirror, "SERVER_LIMIT", 5.0)
    with tracked_by(None, monkeypatch) as server:
        for number in range(count):
            change = rng.choice([mutated_json, mutated_bytes])
            server.otherwise = answer(body=change(json.dumps(whole).encode(), rng))
            began = time.monotonic()
            RunMirror(folder).update("FINISHED")
            assert time.monotonic() - began < 8
            said = capsys.readouterr().err.splitlines()
            assert len(said) <= 1, (number, said)
            assert all(line.isprintable() and line.startswith("warning: could not log") for line in said)
