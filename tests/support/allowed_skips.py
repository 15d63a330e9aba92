"""In CI a skipped test is a failure, unless it is listed here with its reason."""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

# "tests/unit/test_x.py" or "tests/unit/test_x.py::test_y": "the reason given to pytest.skip"
BROWSED = ("tests/e2e/test_browser.py", "tests/unit/reporting/test_page_folds.py")
ALLOWED: dict[str, str] = dict.fromkeys(BROWSED, "no chromium")
REPORTS = ("results",)
ENSEMBLES = (f"tests/unit/reporting/test_page_leaderboard.py::test_ensemble[{report}]" for report in REPORTS)
ALLOWED |= dict.fromkeys(ENSEMBLES, "the probabilities are not here")
ALLOWED |= dict.fromkeys((f"tests/team/test_{name}.py" for name in ("access", "backup", "team")), "no PostgreSQL")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def judge(report: Report) -> Report:
    """Turn a skip that is not listed into a failure; an expected failure (xfail) is no skip.

    What follows @ in a name is the group of tests that one process runs.
    """
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        name = report.nodeid.split("@")[0]
        if reason not in (ALLOWED.get(name), ALLOWED.get(name.partition("::")[0])):
            report.outcome = "failed"
            report.longrepr = (
                f"{report.nodeid}: skipped in CI ({reason}); run it, or see tests/support/allowed_skips.py"
            )
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge a test."""
    return judge((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge a module that skips itself."""
    return judge((yield))
