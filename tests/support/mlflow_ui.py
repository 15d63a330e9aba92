"""MLflow's pages, served by `make ui` for as long as a test needs them."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.serving import serving
from tests.support.workspace import Workspace

WAIT = 300  # seconds, at most, for the server to answer


@contextmanager
def served(root: Path) -> Iterator[str]:
    """Run `make ui` in `root`; yields the address that it printed, once it answers."""
    command = (sys.executable, "-m", "tools.ui")
    with serving(Workspace(root), *command, ready="/health", wait=WAIT) as (address, log):
        log.seek(0)
        yield re.search(rf"{address}/#\S+", log.read())[0]
