"""The address of the tracking server, its login, and the errors of tracking."""

import os

import pytest

from pipeline.tracking import run_mirror, store


@pytest.mark.parametrize(
    ("given", "used", "login"),
    [
        ("https://ada:open%20sesame@host:5000/mlflow", "https://host:5000/mlflow", ("ada", "open sesame")),
        ("http://ada@host", "http://host", ("ada", "")),
        ("http://host:5000", "http://host:5000", (None, None)),
        ("sqlite:////tmp/a@b.db", "sqlite:////tmp/a@b.db", (None, None)),
        ("", "", (None, None)),
    ],
)
def test_user_and_password_move_from_the_address_into_the_environment(monkeypatch, given, used, login):
    names = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")
    for name in names:
        monkeypatch.setenv(name, "set, so that it is restored")
        monkeypatch.delenv(name)
    assert store._without_login(given) == used
    assert tuple(map(os.environ.get, names)) == login


def test_a_login_in_the_environment_takes_precedence(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "grace")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hers")
    assert store._without_login("https://ada:his@host") == "https://host"
    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "grace"
    assert os.environ["MLFLOW_TRACKING_PASSWORD"] == "hers"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "TimeoutError"),
        (ModuleNotFoundError("No module named 'boto3'"), "No module named 'boto3'"),
        (OSError("https://me:secret@there: refused\nbecause"), "https://***@there: refused"),
    ],
)
def test_tracking_errors_are_caught_and_hide_credentials(error, said):
    assert isinstance(error, run_mirror.tracking_errors())
    assert run_mirror.error_reason(error) == said
