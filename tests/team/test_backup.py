"""What docs/team.md says of backups: a dump and a copy of a folder are all of it."""

import subprocess
from pathlib import Path

from tests.team.conftest import PASSWORD, Member, Team, s3
from tests.team.parts import SECRETS, Bucket

TABLES = ("metrics", "params", "tags", "users", "logged_models")


def test_a_dump_holds_everything_and_no_password(team: Team, member: Member) -> None:
    dump = team.postgres.folder / "dump.sql"
    team.postgres.run("pg_dump", "--no-owner", "-f", str(dump), "mlflow")
    text = dump.read_text()
    assert [secret for secret in (*SECRETS.values(), PASSWORD) if secret in text] == []
    team.postgres.run("createdb", "restored")
    team.postgres.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(dump), "restored")
    for table in TABLES:
        query = ["psql", "-Atc", f"SELECT count(*) FROM {table}"]
        before, after = (int(team.postgres.run(*query, database).stdout) for database in ("mlflow", "restored"))
        assert before == after > 0, table


def test_a_copy_of_the_folder_is_a_bucket(team: Team, member: Member, tmp_path: Path) -> None:
    attributes = ["--xattrs", "--xattrs-include=user.*"]
    archive = tmp_path / "bucket.tar"
    subprocess.run(["tar", *attributes, "-C", team.bucket.folder, "-cf", archive, "bucket"], check=True)
    subprocess.run(["tar", *attributes, "-C", tmp_path, "-xf", archive], check=True)
    copy = Bucket(tmp_path)
    try:
        listings = []
        for uri in (team.bucket.uri, copy.uri):
            client = s3(uri, "mlflow:server", SECRETS["MLFLOW_BUCKET_SECRET"])
            pages = client.get_paginator("list_objects_v2").paginate(Bucket="mlflow")
            listings.append([(item["Key"], item["ETag"]) for page in pages for item in page["Contents"]])
        assert listings[0] == listings[1]
        models = [key for key, _ in listings[1] if key.endswith("/data/model.keras")]
        assert client.get_object(Bucket="mlflow", Key=models[0])["Body"].read(2) == b"PK"
    finally:
        copy.stop()
