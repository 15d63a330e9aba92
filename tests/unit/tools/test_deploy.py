"""deploy/: what the compose file pins, publishes, checks and takes from the environment."""

import re
import subprocess

import pytest
from ruamel.yaml import YAML

from pipeline.core.paths import ROOT
from tests.unit.tools.test_setup import PIN

DIGEST = r"@sha256:[0-9a-f]{64}"
SERVICES = YAML(typ="safe").load(ROOT / "deploy/compose.yaml")["services"]


def test_every_image_is_pinned_by_version_and_digest() -> None:
    assert set(SERVICES) == {"postgres", "bucket", "mlflow", "tls"}
    pulled = {name: service["image"] for name, service in SERVICES.items() if name in ("postgres", "tls")}
    for image in pulled.values():
        assert re.fullmatch(rf"[a-z]+:\d+\.\d+\S*{DIGEST}", image)
    assert SERVICES["mlflow"]["image"] == SERVICES["bucket"]["image"]
    lines = (ROOT / "deploy/Dockerfile").read_text().splitlines()
    (base,) = [line for line in lines if line.startswith("FROM ")]
    assert re.fullmatch(rf"FROM python:3\.\d+\.\d+-slim-\w+{DIGEST}", base)
    assert any("pip install" in line and "--require-hashes -r /tmp/requirements-team.lock" in line for line in lines)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_watched_and_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    assert service["pids_limit"] and service["mem_limit"] and service["cpus"]
    assert set(service.get("cap_add", [])) <= {
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "SETGID",
        "SETUID",
        "NET_BIND_SERVICE",
    }


def test_the_proxy_limits_bodies_and_hides_what_the_bucket_tells_of_itself() -> None:
    blocks = re.findall(r"^\{\$TEAM_HOST\}.*?^\}", (ROOT / "deploy/Caddyfile").read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    assert all(re.search(r"request_body \{\s+max_size \dGB", block) for block in blocks)
    assert "@internal path /info /healthcheck\n\trespond @internal 404" in blocks[1]


def test_only_tls_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["tls"]
    assert SERVICES["tls"]["ports"] == ["443:443", "8443:8443"]


def test_the_server_asks_for_passwords_and_knows_its_name() -> None:
    assert {"--app-name=basic-auth", "--artifacts-destination=s3://mlflow"} <= set(SERVICES["mlflow"]["command"])
    assert any(re.fullmatch(r"--allowed-hosts=\$\{TEAM_HOST:\?.+\}", word) for word in SERVICES["mlflow"]["command"])


def test_secrets_come_from_the_environment_alone() -> None:
    text = (ROOT / "deploy/compose.yaml").read_text()
    example = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / "deploy/env.example").read_text(), re.MULTILINE))
    assert set(re.findall(r"\$\{(\w+)", text)) == example.keys() - {"COMPOSE_PROJECT_NAME"}
    secret = {name for name in example if name.endswith(("PASSWORD", "SECRET", "KEY"))}
    assert len(secret) == 5
    assert {example[name] for name in secret} == {""}
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if name.endswith(("PASSWORD", "SECRET", "ACCESS_KEY", "SECRET_KEY")):
                assert re.match(r"\$\{\w+", value), name
    command = ["git", "check-ignore", "--no-index", "deploy/.env", "deploy/env.example"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["deploy/.env"]


def test_the_teams_lock_agrees_with_the_pipelines() -> None:
    pins = dict(PIN.findall((ROOT / "requirements.lock").read_text()))
    team = dict(PIN.findall((ROOT / "requirements-team.lock").read_text()))
    assert {"swift", "dvc-s3", "boto3", "psycopg2-binary", "flask-wtf"} <= team.keys() - pins.keys()
    assert {name for name in pins.keys() & team.keys() if pins[name] != team[name]} == set()
