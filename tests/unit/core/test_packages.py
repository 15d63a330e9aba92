"""Versions of installed packages."""

from importlib import metadata
from types import SimpleNamespace

import pytest

from pipeline.core.packages import installed_version


@pytest.mark.parametrize(
    ("installed", "version"),
    [({"tensorflow": "2.21.0"}, "2.21.0"), ({"tensorflow-cpu": "2.21.0"}, "2.21.0"), ({"keras": "3.15.1"}, None)],
)
def test_tensorflow_under_either_name(monkeypatch, installed, version):
    found = {name: [SimpleNamespace(version=number)] for name, number in installed.items()}
    monkeypatch.setattr(metadata, "distributions", lambda name: found.get(name, []))
    assert installed_version("tensorflow") == version
