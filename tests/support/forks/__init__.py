"""Python commands of a workspace as forks of one process that has imported TensorFlow and MLflow, to save time."""

import atexit
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from pipeline.core import environment

FOLDER = Path(__file__).parent
SETTINGS = (
    environment.ALWAYS
    | environment.UNLESS_SET
    | {"PYTHONPATH": "", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}
)


@cache
def variables() -> dict[str, str]:
    """Variables for a command, which needs `FOLDER` first in its PATH, too; the first call starts the server."""
    address = f"{tempfile.mkdtemp(prefix='forks')}/socket"
    server = subprocess.Popen(
        [sys.executable, FOLDER / "server.py", address],
        env=os.environ | SETTINGS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    atexit.register(server.communicate)
    assert server.stdout.readline() == b"ready\n"
    return {"TESTS_PYTHON": sys.executable, "TESTS_FORKS": address}
