"""Look into mlflow.db without MLflow; whatever is wrong with it is a PipelineError of one line that says what to do."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from pipeline.core.errors import PipelineError, reason
from pipeline.core.packages import installed_version

MOVE = "move {name} and its -wal and -shm files away; `make sync` makes it again from the runs' files"
REMEDIES = {  # by the beginning of sqlite's name of the error
    "SQLITE_READONLY": "make {name}, its -wal and -shm files and their folder writable",
    "SQLITE_CANTOPEN": "make {name} and its folder readable and writable",
    "SQLITE_PERM": "make {name} and its folder readable and writable",
    "SQLITE_BUSY": "another process holds it; wait until that ends",
    "SQLITE_LOCKED": "another process holds it; wait until that ends",
    "SQLITE_IOERR": "the disk cannot be read; try again, or restore {name} from a copy",
    "SQLITE_FULL": "free some space on the disk",
}
VERSION = "SELECT version_num FROM alembic_version"
STAGE = "SELECT lifecycle_stage FROM experiments WHERE name = ?"


def select(path: Path, query: str, values: Sequence[object] = ()) -> list[tuple]:
    """The rows that a query finds, without changing the database."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()
    except sqlite3.Error as error:
        raise explained(path, error) from None


def explained(path: Path, error: sqlite3.Error) -> PipelineError:
    """An error of sqlite with its remedy, which is to move the database away only if it is damaged."""
    found = getattr(error, "sqlite_errorname", "")
    remedy = next((text for name, text in REMEDIES.items() if found.startswith(name)), MOVE)
    return PipelineError(f"{path.name}: {reason(error)}; {remedy.format(name=path.name)}")


def require_usable(path: Path, experiment: str) -> None:
    """PipelineError if a newer MLflow made the database, or if the experiment in it was deleted."""
    if not select(path, "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"):
        raise PipelineError(f"{path.name}: it is no MLflow database; {MOVE.format(name=path.name)}")
    versions = Path(find_spec("mlflow").origin).parent / "store/db_migrations/versions"
    for (version,) in select(path, VERSION):
        if not list(versions.glob(f"{version}_*.py")):
            unknown = f"the installed MLflow {installed_version('mlflow')} does not know its schema {version!r:.40}"
            remedy = f"install the newer MLflow that made it, or {MOVE.format(name=path.name)}"
            raise PipelineError(f"{path.name}: {unknown}; {remedy}")
    if select(path, STAGE, [experiment]) == [("deleted",)]:
        raise PipelineError(deleted(experiment))


def deleted(experiment: str) -> str:
    """What a message says of an experiment that a person deleted."""
    return f"the experiment {experiment!r} was deleted in MLflow; `make sync RESTORE=1` restores it with its runs"
