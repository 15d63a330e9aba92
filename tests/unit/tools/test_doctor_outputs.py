"""What doctor says of dvc.lock and of the results."""

from pathlib import Path

import pytest

from tests.support.checkout import OUT, make_sound, wrong
from tools.checks import outputs


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return make_sound(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  fetch:", "<<<<<<< HEAD\n  fetch:", "line 3: conflict marker <<<<<<<"),
        ("  fetch:", "  fetch: {", "dvc.lock: "),
        ("  fetch:", "\tfetch:", "dvc.lock: "),
        ("  fetch:", "  fetsh:", "stages that dvc.yaml does not have: fetsh"),
        ("stages:", "stages: none\nother:", "stages must be a mapping"),
        ("stages:", "stage:", "dvc.lock: 'stages'"),
        ("outs: [", "outs: null, others: [", "train@lenet-one: outs must be a list of outputs"),
        (", md5: ", ", md4: ", "train@lenet-one: outs must be a list of outputs"),
    ],
)
def test_a_lock_that_is_not_sane(sound: Path, old: str, new: str, said: str) -> None:
    lock = sound / "dvc.lock"
    lock.write_text(lock.read_text().replace(old, new, 1))
    wrong(outputs.lock(sound), said, "git checkout dvc.lock")


def test_results_that_are_absent_changed_or_not_made_yet(sound: Path) -> None:
    (sound / OUT).write_bytes(b"contend")
    wrong(outputs.results(sound), f"not what dvc.lock says: {OUT}", "dvc repro --force train@lenet-one")
    (sound / OUT).unlink()
    wrong(outputs.results(sound), f"absent: {OUT}", "dvc checkout")
    (sound / "dvc.lock").write_text((sound / "dvc.lock").read_text().replace("  report: {cmd: x}\n", ""))
    wrong(outputs.results(sound), "not run yet: report", "make repro")
    (sound / "dvc.lock").unlink()
    wrong(outputs.results(sound), "not run yet: fetch, preprocess, train@lenet-one and 4 more")
