"""The rule on skipped tests, on small test files of its own."""

import re
import shutil

import pytest

from pipeline.core.paths import ROOT

pytest_plugins = ["pytester"]

SKIPS = {
    "test_one.py": "import pytest\ndef test_x(): pytest.skip('no GPU')\n@pytest.mark.xfail\ndef test_y(): assert 0",
    "test_two.py": "import pytest\npytest.skip('no module', allow_module_level=True)",
}


@pytest.mark.parametrize(
    ("ci", "allowed", "outcomes"),
    [
        ("", {}, {"skipped": 2, "xfailed": 1}),
        ("true", {"test_one.py::test_x": "no GPU", "test_two.py": "no module"}, {"skipped": 2, "xfailed": 1}),
        ("true", {"test_one.py::test_x": "another reason", "test_two.py": "no module"}, {"failed": 1}),
        ("true", {"test_one.py::test_x": "no GPU"}, {"errors": 1}),
    ],
)
def test_in_ci_a_skip_that_is_not_listed_fails(pytester, monkeypatch, ci, allowed, outcomes):
    monkeypatch.setenv("CI", ci)
    plugin = pytester.path / "allowed_skips.py"
    shutil.copy(ROOT / "tests/support/allowed_skips.py", plugin)
    plugin.write_text(re.sub(r"^ALLOWED.*$", f"ALLOWED = {allowed}", plugin.read_text(), flags=re.MULTILINE))
    for name, text in SKIPS.items():
        (pytester.path / name).write_text(text)
    pytester.makeconftest("pytest_plugins = ['allowed_skips']")
    found = pytester.runpytest_inprocess("-p", "no:cacheprovider").parseoutcomes()
    assert outcomes.items() <= found.items()
