"""A copy of this project with a few hundred digits and short trainings, in which the real commands run."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.core.files import sha256
from pipeline.core.paths import ROOT
from tests.support import forks

RUNS = ("lenet-dropout", "vgg-batchnorm")
SMALL = {
    "epochs": 2,
    "training_images": 96,
    "validation_images": 40,
    "batch_size": 32,
    "precision": "float32",
    "threads": 2,
}
MLFLOW = {  # as .venv/bin/activate has it; a server would start nine processes for jobs that never come
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
KEPT_BACK = ("dvc.lock", "champion/")  # with results/runs, what a real run left
STAGES = [
    "fetch",
    "preprocess",
    "corrupt",
    *(f"{stage}@{run}" for run in RUNS for stage in ("train", "evaluate", "draw")),
    "report",
]


@dataclass(frozen=True)
class Workspace:
    """One copy; every command runs in it as a person would run it in the activated environment."""

    root: Path

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run to the end and return what was printed; its failure is the test's, unless `check` is false.

        Its Python processes are forks of one that has the libraries, where that makes no difference.
        """
        done = subprocess.run(
            command, cwd=self.root, env=self._forking(command, environment), capture_output=True, text=True, check=False
        )
        ended = f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        assert not check or done.returncode == 0, ended
        return done

    def start(self, *command: str, forking: bool = False, **environment: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own; its processes are its own unless `forking`, as in `run`."""
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self._forking(command, environment) if forking else self.environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def commit(self, message: str = "Results") -> str:
        """Commit everything that git does not ignore, and return the commit."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", message)
        return self.run("git", "rev-parse", "HEAD").stdout.strip()

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        """This process's, with the interpreter's programs first, and MLflow told only what `activate` tells it."""
        others = ("MLFLOW_", "DVC_", "GIT_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        git = {f"GIT_{role}_{what}": "test@localhost" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        return kept | git | MLFLOW | {"PATH": path, "PYTHONPATH": ""} | more

    def _forking(self, command: Sequence[str], more: dict[str, str]) -> dict[str, str]:
        environ = self.environment(more)
        if sys.platform == "linux" and command[0] in ("python", "dvc"):
            environ |= forks.variables() | {"PATH": f"{forks.FOLDER}{os.pathsep}{environ['PATH']}"}
        return environ

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change params.yaml."""
        path = self.root / "params.yaml"
        yaml = YAML()
        values = yaml.load(path.read_text())
        change(values)
        with path.open("w") as stream:
            yaml.dump(values, stream)

    def copy(self, target: Path) -> "Workspace":
        """A copy of the whole folder with DVC's caches to itself, made by another process, its database by sqlite.

        A process that opens and closes the files of a database drops its own locks on it (POSIX), and this one may
        hold some.
        """
        subprocess.run(["cp", "-Rp", str(self.root), str(target)], check=True)  # so that .pyc files stay valid
        local = target / ".dvc/config.local"
        local.write_text(local.read_text().replace(str(self.root), str(target)))
        for name in target.glob("mlflow.db*"):
            name.unlink()
        if (self.root / "mlflow.db").exists():
            databases = [sqlite3.connect(folder / "mlflow.db") for folder in (self.root, target)]
            with closing(databases[0]) as source, closing(databases[1]) as made:
                source.backup(made)
        return Workspace(target)

    def results(self, run: str) -> Path:
        """What `run` left."""
        return self.root / "results" / "runs" / run

    def contents(self, run: str, *, equal: bool = True) -> dict[str, bytes]:
        """Every file that `run` left; with `equal`, only those that equal runs share."""
        skipped = {".gitignore"} | ({"card.md", "environment.json"} if equal else set())
        return {path.name: path.read_bytes() for path in self.results(run).iterdir() if path.name not in skipped}


def make(root: Path) -> Workspace:
    """Copy what git knows and does not ignore, make it small, and commit it."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file() and "/runs/" not in name and not name.startswith(KEPT_BACK):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    workspace = Workspace(root)
    workspace.edit(_small)
    (root / ".site-cache").mkdir(mode=0o700)
    workspace.run("dvc", "config", "--local", "core.site_cache_dir", str(root / ".site-cache"))
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Begin"]):
        workspace.run("git", *command)
    return workspace


def _small(values: dict[str, Any]) -> None:
    raw = ROOT / "tests/data"
    values["fetch"]["sources"] = ["tests/data"]
    values["fetch"]["files"] = {
        name: {"bytes": (raw / name).stat().st_size, "sha256": sha256(raw / name)} for name in values["fetch"]["files"]
    }
    values["preprocess"]["validation_images"] = 60
    fast = values["protocols"]["fast"]
    fast["common"] |= SMALL
    for architecture in ("lenet", "vgg", "custom"):
        fast[architecture] = {}
    for protocol in values["protocols"].values():
        protocol["test_images"] = dict.fromkeys(("lenet", "vgg", "custom"), 100)
    values["runs"] = {name: run for name, run in values["runs"].items() if name in RUNS}
