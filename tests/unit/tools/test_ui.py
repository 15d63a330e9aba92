"""The address and the port of `make ui`, without the server."""

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from tools import ui
from tools.checks import tracked


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.setattr(ui, "DATABASE", tmp_path / "mlflow.db")
    return tmp_path / "mlflow.db"


@pytest.mark.parametrize(
    ("tags", "shown"),
    [([], ""), ([("mlflow.sharedViewState.study", "{}", 7)], "&viewStateShareKey=study"), ([("other", "", 7)], "")],
)
def test_it_opens_the_experiment_of_this_project_in_its_own_view(database, tags, shown):
    with sqlite3.connect(database) as connection:
        create(connection)
        connection.execute("CREATE TABLE experiment_tags (key TEXT, value TEXT, experiment_id INTEGER)")
        connection.execute("INSERT INTO experiments VALUES (0, 'Default', 'active'), (7, 'mnist', 'active')")
        connection.executemany("INSERT INTO experiment_tags VALUES (?, ?, ?)", tags)
    runs = "http://127.0.0.1:5001/#/experiments/7/runs"
    assert ui.address(5001) == f"{runs}?workflowType=machine_learning&compareRunsMode=CHART{shown}"


def create(connection, version="0584bdc529eb"):
    """The tables that are read, of a version that MLflow knows."""
    connection.execute("CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT)")
    connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    connection.execute("INSERT INTO alembic_version VALUES (?)", [version])


@pytest.mark.parametrize(
    ("version", "stage", "said"),
    [
        (
            "0123456789ab",
            "active",
            "does not know its schema '0123456789ab'; install the newer MLflow",
        ),
        ("0584bdc529eb", "deleted", "^the experiment 'mnist' was deleted in MLflow; `make sync RESTORE=1` restores it"),
    ],
)
def test_what_the_page_could_not_show_is_said_instead_of_an_address(database, version, stage, said):
    with sqlite3.connect(database) as connection:
        create(connection, version)
        connection.execute("INSERT INTO experiments VALUES (7, 'mnist', ?)", [stage])
    with pytest.raises(PipelineError, match=said):
        ui.address(5001)
    assert tracked.database(database.parent).remedy


def test_without_a_database_it_says_what_to_do(database):
    with pytest.raises(PipelineError, match=r"^mlflow\.db: not found; run `make repro` first"):
        ui.experiment()
    assert not database.exists()


def test_a_file_that_is_no_database(database):
    database.write_text("no database at all, but a text that is long enough to be read as one" * 20)
    with pytest.raises(PipelineError, match=r"^mlflow\.db: file is not a database; move mlflow.db"):
        ui.experiment()


def test_a_port_that_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(PipelineError, match=rf"^port {number}: in use; choose another: make ui PORT=8080$"):
            ui.free_port(number, ui.PORTS, "ui")
        assert ui.free_port(None, ui.PORTS, "ui") in ui.PORTS


@pytest.mark.parametrize("number", [0, 65536])
def test_a_port_out_of_range(number):
    with pytest.raises(PipelineError, match=rf"^port {number}: not one of 1 to 65535; "):
        ui.free_port(number, ui.PORTS, "ui")


@pytest.mark.parametrize("screen", [False, True])
def test_it_says_when_the_server_answers_and_opens_a_browser_that_has_a_screen(monkeypatch, capsys, screen):
    monkeypatch.setattr(ui.sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    if screen:
        monkeypatch.setenv("DISPLAY", ":0")
    opened = []
    monkeypatch.setattr(ui.webbrowser, "open", opened.append)
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler, bind_and_activate=False) as server:
        server.server_bind()  # it refuses connections until it is active
        answering = threading.Thread(target=server.handle_request)
        monkeypatch.setattr(ui.time, "sleep", lambda seconds: (server.server_activate(), answering.start()))
        where = f"http://127.0.0.1:{server.server_port}/#/experiments/1"
        ui.announce(where, os.getppid())
        answering.join()
    assert capsys.readouterr().out == f"ready: {where}\n"
    assert opened == ([where] if screen else [])


def test_it_ends_with_the_server(capsys):
    waiting = threading.Thread(target=ui.announce, args=("http://127.0.0.1:9/", os.getppid() + 1))
    waiting.start()
    waiting.join(10)
    assert not waiting.is_alive()
    assert capsys.readouterr().out == ""


def test_it_ends_with_a_server_that_has_ended_before_it_began():
    late = (
        "import os, time; from tools import ui; fork, server = os.fork, os.getpid()\n"
        "def fork_late():\n"
        "    child = fork()\n"
        "    while child == 0 and os.getppid() == server: time.sleep(0.01)\n"
        "    return child\n"
        "os.fork = fork_late; ui.announce_from_fork('http://127.0.0.1:9/')"
    )
    done = subprocess.run([sys.executable, "-c", late], cwd=ROOT, capture_output=True, timeout=30, check=True)
    assert done.stdout == b""
