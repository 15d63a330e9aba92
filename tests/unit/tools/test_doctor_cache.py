"""What doctor says of DVC's cache."""

from pathlib import Path

import pytest

from tests.support.checkout import OBJECT, OUT, make_sound, wrong
from tools.checks import cache
from tools.checks.verdict import Verdict


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return make_sound(tmp_path)


def test_a_corrupt_object_is_restored_from_a_right_file(sound: Path) -> None:
    (sound / OBJECT).write_bytes(b"contend")
    wrong(cache.cache(sound), f"corrupt: {OBJECT} ({OUT})", "REPAIR=1")
    assert (sound / OBJECT).read_bytes() == b"contend"
    wrong(cache.cache(sound, repair=True), f"{OBJECT} ({OUT}): restored from the workspace")
    assert (sound / OBJECT).read_bytes() == b"content"
    assert (sound / OBJECT).stat().st_mode & 0o777 == 0o444
    assert not cache.cache(sound).remedy


def test_a_corrupt_object_and_the_file_made_from_it_are_both_removed(sound: Path) -> None:
    for name in (OBJECT, OUT):
        (sound / name).write_bytes(b"conten")
    wrong(cache.cache(sound, repair=True), "which was not right either; `dvc repro train@lenet-one`")
    assert not (sound / OBJECT).exists()
    assert not (sound / OUT).exists()


def test_a_corrupt_object_that_nothing_present_uses_is_removed(sound: Path) -> None:
    other = sound / OBJECT.replace("9a", "9b", 1)
    other.parent.mkdir()
    other.write_bytes(b"content")
    wrong(cache.cache(sound), "(of an earlier result)")
    cache.cache(sound, repair=True)
    assert not other.exists()
    assert (sound / OUT).exists()


def test_a_lost_object_is_put_back_from_a_right_file(sound: Path) -> None:
    (sound / OBJECT).unlink()
    wrong(cache.cache(sound), f"lost: {OBJECT} ({OUT})", "REPAIR=1")
    wrong(cache.cache(sound, repair=True), f"{OBJECT} ({OUT}): restored from the workspace")
    assert (sound / OBJECT).read_bytes() == b"content"
    (sound / OBJECT).unlink()
    (sound / OUT).write_bytes(b"contend")  # that is for the check of the results to say
    assert cache.cache(sound) == Verdict("0 objects, all sound")


@pytest.mark.parametrize("other", [OUT.replace("model.keras", "history.csv"), "results/report.md"])
def test_what_dvc_does_not_cache_is_not_lost(sound: Path, other: str) -> None:
    lock = sound / "dvc.lock"
    (sound / OUT).rename(sound / other)
    lock.write_text(lock.read_text().replace(OUT, other))
    (sound / OBJECT).unlink()
    assert not cache.cache(sound).remedy


def test_of_a_cache_elsewhere_only_what_this_project_names_is_looked_at(sound: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("shared")
    (sound / ".dvc/cache/files").rename(elsewhere / "files")
    (sound / ".dvc/config").write_text(f"[cache]\n    dir = {elsewhere}\n")
    theirs = elsewhere / "files/md5/00/somebody-elses"
    theirs.parent.mkdir()
    theirs.write_bytes(b"half")
    assert cache.cache(sound) == Verdict("1 objects, all sound")
    ours = elsewhere / OBJECT.removeprefix(".dvc/cache/")
    ours.write_bytes(b"contend")
    wrong(cache.cache(sound), f"corrupt: {ours} ({OUT})")
    assert not (sound / ".dvc/cache/files").exists()
