"""The parts, started once, and a member of the team who works with them."""

import json
import shutil
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest
from botocore.client import BaseClient

from tests.support import workspace
from tests.support.workspace import Workspace
from tests.team.parts import SECRETS, Bucket, Postgres, Server, programs

NAME = "ada"
PASSWORD = "-".join(["ada", "password", "91c2"])  # not to be found in this file


@dataclass(frozen=True)
class Team:
    """What runs, and what its members set."""

    postgres: Postgres
    bucket: Bucket
    server: Server

    def settings(self) -> dict[str, str]:
        """A member's environment, as docs/team.md says it."""
        return {
            "MLFLOW_TRACKING_URI": self.server.uri,
            "MLFLOW_TRACKING_USERNAME": NAME,
            "MLFLOW_TRACKING_PASSWORD": PASSWORD,
            "AWS_ACCESS_KEY_ID": "dvc:member",
            "AWS_SECRET_ACCESS_KEY": SECRETS["DVC_BUCKET_SECRET"],
        }

    def ask(self, path: str, user: str = "", password: str = "", body: object = None, **headers: str) -> object:
        """The server's answer in JSON; urllib's HTTPError if it refuses."""
        if user:
            headers["Authorization"] = f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
        data = None if body is None else json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"{self.server.uri}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")


@dataclass(frozen=True)
class Member(Workspace):
    """A workspace in which every command has a member's settings."""

    settings: dict[str, str] = field(default_factory=dict)

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        return super().environment(self.settings | more)

    def copy(self, target: Path) -> "Member":
        return Member(super().copy(target).root, self.settings)


@pytest.fixture(scope="session")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    if programs() is None:
        pytest.skip("no PostgreSQL")
    folder, started = tmp_path_factory.mktemp("team"), []
    try:
        started.append(Postgres())
        started.append(Bucket(folder))
        started.append(Server(folder, *started))
        made = Team(*started)
        user = {"username": NAME, "password": PASSWORD}
        made.ask("/api/2.0/mlflow/users/create", "admin", SECRETS["ADMIN_PASSWORD"], user)
        yield made
    finally:
        for part in reversed(started):
            part.stop()
        if started:
            shutil.rmtree(started[0].folder)


@pytest.fixture(scope="session")
def member(team: Team, tmp_path_factory: pytest.TempPathFactory) -> Member:
    """The workspace in which the whole pipeline has run once, with the team's server and bucket."""
    made = Member(workspace.make(tmp_path_factory.mktemp("member")).root, team.settings())
    made.run("dvc", "remote", "add", "--default", "team", "s3://dvc")
    made.run("dvc", "remote", "modify", "team", "endpointurl", team.bucket.uri)
    made.run("dvc", "repro")
    made.run("python", "-m", "tools.sync")  # as at the end of `make repro`: a slow machine may have cut something short
    made.commit()
    return made


def s3(uri: str, key: str, secret: str) -> BaseClient:
    """A client of the bucket server at `uri`."""
    keys = {"aws_access_key_id": key, "aws_secret_access_key": secret, "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=uri, **keys)
