"""PostgreSQL, the bucket and MLflow's server, as deploy/compose.yaml starts them."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.core.paths import ROOT
from tests.team.part import Part

SECRETS = {
    name: f"{name.lower()}-7f3a"
    for name in (
        "POSTGRES_PASSWORD",
        "MLFLOW_BUCKET_SECRET",
        "DVC_BUCKET_SECRET",
        "ADMIN_PASSWORD",
        "SERVER_SECRET_KEY",
    )
}
VARIABLE = re.compile(r"\$\{(\w+)(?::\?[^}]*)?\}")
OWNER = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, None where it is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which("postgres")
    return debian[-1] if debian else Path(found).parent if found else None


class Postgres(Part):
    """A database cluster in a folder of its own, with the user and database that the compose file names."""

    ending = signal.SIGINT  # "fast": connections are cut, nothing that was committed is lost
    user = OWNER

    def __init__(self) -> None:
        super().__init__(Path(tempfile.mkdtemp()))
        if OWNER:
            shutil.chown(self.folder, OWNER)
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "mlflow"}
        self.environment = where | {"PGPASSWORD": SECRETS["POSTGRES_PASSWORD"]}
        data = self.folder / "data"
        given = self.folder / "password"
        given.write_text(SECRETS["POSTGRES_PASSWORD"])
        given.chmod(0o644)
        self.run("initdb", "-D", str(data), "-U", "mlflow", "-A", "scram-sha-256", f"--pwfile={given}", "-E", "UTF8")
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
        self.command = [str(programs() / "postgres"), "-D", str(data), *options]
        self.start()
        self.run("createdb", "mlflow")

    def run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """One of PostgreSQL's own programs, to its end."""
        command = [str(programs() / program), *arguments]
        environment = os.environ | self.environment
        return subprocess.run(
            command, cwd=self.folder, env=environment, user=OWNER, capture_output=True, text=True, check=check
        )

    def answers(self) -> bool:
        return self.run("pg_isready", "-q", check=False).returncode == 0


class Bucket(Part):
    """deploy/bucket.py."""

    health = "/healthcheck"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.environment = {name: SECRETS[name] for name in ("MLFLOW_BUCKET_SECRET", "DVC_BUCKET_SECRET")}
        self.command = [
            sys.executable,
            str(ROOT / "deploy/bucket.py"),
            str(folder / "bucket"),
            "--port",
            str(self.port),
        ]
        self.start()
        self.uri = f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether it says so: it does when the buckets are there."""
        return f"at port {self.port}" in (self.folder / "bucket.log").read_text()


class Server(Part):
    """The compose file's service `mlflow`, with this machine's ports in place of the containers'."""

    health = "/health"

    def __init__(self, folder: Path, postgres: Postgres, bucket: Bucket) -> None:
        super().__init__(folder)
        self.uri = f"http://127.0.0.1:{self.port}"
        self.host = f"127.0.0.1:{self.port}"
        service = YAML(typ="safe").load(ROOT / "deploy/compose.yaml")["services"]["mlflow"]
        values = SECRETS | {"TEAM_HOST": self.host}
        own = {"--host=0.0.0.0": "--host=127.0.0.1", "--port=5000": f"--port={self.port}"}
        self.command = [
            own.get(word) or VARIABLE.sub(lambda match: values[match[1]], word) for word in service["command"]
        ]
        self.command[0] = str(Path(sys.executable).with_name("mlflow"))
        given = {
            name: VARIABLE.sub(lambda match: values[match[1]], str(value))
            for name, value in service["environment"].items()
        }
        here = {"MLFLOW_S3_ENDPOINT_URL": bucket.uri, "MLFLOW_AUTH_CONFIG_PATH": str(ROOT / "deploy/auth.ini")}
        self.environment = given | postgres.environment | here
        self.start()
