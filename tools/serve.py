"""Serve the champion over HTTP on this machine only, with `mlflow models serve`: `make serve`."""

import argparse
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import psutil

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.tracking import champion, logged_model, store
from tools.ui import HOST, free_port

PORTS = range(5001, 5021)
EXAMPLE = """\
example, with an image of zeros; pixels are 0 to 255, of shape (N, 28, 28, 1):
curl {address}/invocations -H 'Content-Type: application/json' \\
  -d "$(python3 -c "import json; print(json.dumps({{'inputs': [[[[0]] * 28] * 28]}}))")"
Ctrl-C ends it"""


def main(arguments: argparse.Namespace) -> None:
    """Write the verified champion as an MLflow model to a temporary folder, and serve it until interrupted."""
    number, source = free_port(arguments.port, PORTS, "serve"), champion.champion_model()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _exit)
    store.set_environment()
    with tempfile.TemporaryDirectory(prefix="mnist-champion-") as name:
        folder = Path(name) / "model"
        logged_model.save_mlflow_model(source, folder, logged_model.installed_requirements())
        address = f"http://{HOST}:{number}"
        print(f"in some 20 seconds at {address}\n{EXAMPLE.format(address=address)}", flush=True)
        command = ["mlflow", "models", "serve", "-m", str(folder), "--env-manager", "local"]
        server = psutil.Popen([*command, "--host", HOST, "--port", str(number)])
        try:
            code = server.wait()
        finally:
            _end(server)
    if code:
        raise PipelineError(f"mlflow models serve: ended with {code}; its last lines above say why")


def _exit(number: int, frame: object) -> NoReturn:
    """Handle a signal by raising SystemExit, so that `main` removes its temporary folder and ends the server."""
    sys.exit(128 + number)


def _end(server: psutil.Popen) -> None:
    """Terminate the processes that `mlflow` started, then `mlflow` itself, if they are still running."""
    with suppress(psutil.NoSuchProcess):
        for process in (*server.children(recursive=True), server):
            process.terminate()
    server.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int, nargs="?", help=f"port on {HOST}; without it the first free one from 5001")
    errors.run_command(main, parser)
