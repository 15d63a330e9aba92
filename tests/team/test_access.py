"""Nobody without a password is let in, and no password is left lying about."""

import urllib.error

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.team.conftest import NAME, PASSWORD, Member, Team, s3
from tests.team.parts import SECRETS


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/2.0/mlflow/experiments/get-by-name?experiment_name=mnist",
        "/api/2.0/mlflow-artifacts/artifacts?path=",
        "/graphql",
    ],
)
def test_nobody_else_is_let_in(team: Team, member: Member, path: str) -> None:
    for user, password in [("", ""), (NAME, "wrong"), ("nobody", PASSWORD), ("admin", "password1234")]:
        with pytest.raises(urllib.error.HTTPError) as refused:
            team.ask(path, user, password)
        assert refused.value.code == 401, (path, user)


def test_a_member_is_let_in_by_the_servers_own_name_only(team: Team, member: Member) -> None:
    path = "/api/2.0/mlflow/experiments/get-by-name?experiment_name=mnist"
    assert team.ask(path, NAME, PASSWORD)["experiment"]["name"] == "mnist"
    with pytest.raises(urllib.error.HTTPError) as refused:
        team.ask(path, NAME, PASSWORD, Host="elsewhere.example")
    assert refused.value.code == 403


def test_the_bucket_asks_for_its_owners_key(team: Team) -> None:
    unsigned = Config(signature_version=UNSIGNED)
    uri, secret = team.bucket.uri, SECRETS["DVC_BUCKET_SECRET"]
    refused = {
        boto3.client("s3", endpoint_url=uri, region_name="us-east-1", config=unsigned): "412",  # no S3 request at all
        s3(uri, "mlflow:server", "wrong"): "SignatureDoesNotMatch",
        s3(uri, "dvc:member", secret): "NoSuchBucket",  # of that name in the members' own account
    }
    for client, code in refused.items():
        with pytest.raises(client.exceptions.ClientError) as error:
            client.list_objects_v2(Bucket="mlflow")
        assert error.value.response["Error"]["Code"] == code
    assert s3(uri, "dvc:member", secret).list_objects_v2(Bucket="dvc")["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_no_password_is_left_lying_about(team: Team, member: Member) -> None:
    logs = "".join(path.read_text() for path in team.server.folder.glob("*.log"))
    assert [secret for secret in (*SECRETS.values(), PASSWORD) if secret in logs] == []
    assert not list(member.root.glob("**/mlflow.db"))
