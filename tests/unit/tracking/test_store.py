"""The address of the tracking server, its login, and the errors of tracking."""

import os
import re

import pytest

from pipeline.tracking import address, boundary


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
    monkeypatch.setenv("MLFLOW_TRACKING_URI", given)
    assert address.read_address(address.TRACKING) == used
    assert tuple(map(os.environ.get, names)) == login


def test_a_login_in_the_environment_takes_precedence(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "grace")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hers")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://ada:his@host")
    assert address.read_address(address.TRACKING) == "https://host"
    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "grace"
    assert os.environ["MLFLOW_TRACKING_PASSWORD"] == "hers"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "TimeoutError"),
        (ModuleNotFoundError("No module named 'boto3'"), "No module named 'boto3'"),
        (OSError("https://me:se/c@ret@there: refused\nbecause"), "https://***@there: refused because"),
    ],
)
def test_errors_of_tracking_are_one_line_without_credentials(monkeypatch, error, said):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def fail():
        raise error

    with pytest.raises(boundary.TrackingError, match=f"^mlflow.db: {re.escape(said)}$"):
        boundary.within(5, fail)
