"""`make doctor` on dvc.lock and the results."""

from pathlib import Path

import pytest

from tests.support.checkout import OUT, assert_wrong, make_checkout
from tools.checks import outputs


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  fetch:", "<<<<<<< HEAD\n  fetch:", "line 3, column 1"),
        ("  fetch:", "  fetch: {", "line 3, column 10"),
        ("  fetch:", "\tfetch:", "line 3, column 1"),
        ("  fetch:", "  fetsh:", "stages that dvc.yaml does not have: fetsh"),
        ("stages:", "stages: none\nother:", "expected a dictionary for dictionary value @ data['stages']"),
        ("stages:", "stage:", "extra keys not allowed @ data['stage']"),
        (
            "outs: [",
            "outs: null, others: [",
            "expected a list for dictionary value @ data['stages']['train@lenet-one']",
        ),
        (", md5: ", ", md4: ", "extra keys not allowed @ data['stages']['train@lenet-one']['outs'][0]['md4']"),
    ],
)
def test_damaged_lock(checkout: Path, old: str, new: str, said: str) -> None:
    lock = checkout / "dvc.lock"
    lock.write_text(lock.read_text().replace(old, new, 1))
    assert_wrong(outputs.lock(checkout), said, "dvc.lock", "git checkout")


def test_results_that_are_absent_changed_or_not_made_yet(checkout: Path) -> None:
    (checkout / OUT).write_bytes(b"contend")
    assert_wrong(outputs.results(checkout), f"not as in dvc.lock: {OUT}", "dvc repro --force train@lenet-one")
    (checkout / OUT).unlink()
    assert_wrong(outputs.results(checkout), f"absent: {OUT}", "dvc checkout")
    (checkout / "dvc.lock").write_text((checkout / "dvc.lock").read_text().replace("  report: {cmd: x}\n", ""))
    assert_wrong(outputs.results(checkout), "not run yet: report", "make repro")
    (checkout / "dvc.lock").unlink()
    assert_wrong(outputs.results(checkout), "not run yet: fetch, preprocess, corrupt and 7 more")
