"""`make doctor` on DVC's cache."""

from pathlib import Path

import pytest

from tests.support.checkout import OBJECT, OUT, assert_wrong, make_checkout
from tools.checks import Verdict, cache


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path)


def test_a_corrupt_object_is_restored_from_a_correct_output(checkout: Path) -> None:
    (checkout / OBJECT).write_bytes(b"contend")
    assert_wrong(cache.cache(checkout), f"corrupt: {OBJECT} ({OUT})", "REPAIR=1")
    assert (checkout / OBJECT).read_bytes() == b"contend"
    assert_wrong(cache.cache(checkout, repair=True), f"{OBJECT} ({OUT}): restored from the workspace")
    assert (checkout / OBJECT).read_bytes() == b"content"
    assert (checkout / OBJECT).stat().st_mode & 0o777 == 0o444
    assert not cache.cache(checkout).remedy


def test_a_corrupt_object_and_its_corrupt_output_are_removed(checkout: Path) -> None:
    for name in (OBJECT, OUT):
        (checkout / name).write_bytes(b"conten")
    assert_wrong(cache.cache(checkout, repair=True), "which was corrupt too; `dvc repro train@lenet-one`")
    assert not (checkout / OBJECT).exists()
    assert not (checkout / OUT).exists()


def test_a_corrupt_object_without_an_output_is_removed(checkout: Path) -> None:
    other = checkout / OBJECT.replace("9a", "9b", 1)
    other.parent.mkdir()
    other.write_bytes(b"content")
    assert_wrong(cache.cache(checkout), "(of an earlier result)")
    cache.cache(checkout, repair=True)
    assert not other.exists()
    assert (checkout / OUT).exists()


def test_a_lost_object_is_restored_from_a_correct_output(checkout: Path) -> None:
    (checkout / OBJECT).unlink()
    assert_wrong(cache.cache(checkout), f"lost: {OBJECT} ({OUT})", "REPAIR=1")
    assert_wrong(cache.cache(checkout, repair=True), f"{OBJECT} ({OUT}): restored from the workspace")
    assert (checkout / OBJECT).read_bytes() == b"content"
    (checkout / OBJECT).unlink()
    (checkout / OUT).write_bytes(b"contend")  # the check of the results reports that
    assert cache.cache(checkout) == Verdict("0 objects, none corrupt or lost")


@pytest.mark.parametrize("other", [OUT.replace("model.keras", "history.csv"), "results/report.md"])
def test_outputs_that_dvc_does_not_cache_are_not_lost(checkout: Path, other: str) -> None:
    lock = checkout / "dvc.lock"
    (checkout / OUT).rename(checkout / other)
    lock.write_text(lock.read_text().replace(OUT, other))
    (checkout / OBJECT).unlink()
    assert not cache.cache(checkout).remedy


def test_in_a_shared_cache_only_the_objects_of_this_project_are_checked(checkout: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("shared")
    (checkout / ".dvc/cache/files").rename(elsewhere / "files")
    with (checkout / ".dvc/config").open("a") as config:
        config.write(f"[cache]\n    dir = {elsewhere}\n")
    theirs = elsewhere / "files/md5/00/somebody-elses"
    theirs.parent.mkdir()
    theirs.write_bytes(b"half")
    assert cache.cache(checkout) == Verdict("1 objects, none corrupt or lost")
    ours = elsewhere / OBJECT.removeprefix(".dvc/cache/")
    ours.write_bytes(b"contend")
    assert_wrong(cache.cache(checkout), f"corrupt: {ours} ({OUT})")
    assert not (checkout / ".dvc/cache/files").exists()
