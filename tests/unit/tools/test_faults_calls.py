"""What strace lists, read: which files a process changed, and which of them a power cut could take."""

from pathlib import Path

from tests.faults import calls
from tests.faults.calls import Call

LOG = """\
write(1</dev/pts/0>, ""..., 6) = 6
mkdir("/w/results", 0777) = 0
write(3</w/results/.a.tmp>, ""..., 5) = 5
--- SIGCONT {si_signo=SIGCONT} ---
write(3</w/results/.a.tmp>, "/w/b"..., 5) = 5
fsync(3</w/results/.a.tmp>) = 0
rename("/w/results/.a.tmp", "/w/results/a") = 0
sendfile(4</elsewhere/x>, 3</w/results/a>, NULL, 99) = 99
mkdir("/w/results", 0777) = -1 EEXIST (File exists)
unlinkat(5</w/old>, "b", 0) = 0
"""


def read(tmp_path: Path, text: str) -> list[Call]:
    path = tmp_path / "log"
    path.write_text(text)
    return calls.parse(path, "/w")


def test_calls_on_files_of_the_folder_with_their_numbers(tmp_path: Path) -> None:
    assert read(tmp_path, LOG) == [
        Call("mkdir", 1, ("/w/results",)),
        Call("write", 2, ("/w/results/.a.tmp",)),
        Call("write", 3, ("/w/results/.a.tmp",)),
        Call("fsync", 1, ("/w/results/.a.tmp",)),
        Call("rename", 1, ("/w/results/.a.tmp", "/w/results/a")),
        Call("unlinkat", 1, ("/w/old/b",)),
    ]


def test_of_many_writes_the_first_the_middle_and_the_last() -> None:
    many = [Call("write", number, ("/w/a",)) for number in range(1, 10)]
    other = [Call("write", 10, ("/w/b",)), Call("fsync", 1, ("/w/b",)), Call("write", 11, ("/w/b",))]
    assert [call.number for call in calls.points(many + other, [])] == [1, 5, 9, 10, 11]


def test_of_scratch_files_every_twentieth() -> None:
    made = [Call("write", n, (f"/w/{'.scratch/' if n > 2 else ''}{n}",)) for n in range(1, 43)]
    assert [call.number for call in calls.points(made, [".scratch"])] == [1, 2, 3, 23]


WRITE, SYNC, RENAME, FOLDER = (
    Call("write", 1, ("/w/.t/a",)),
    Call("fsync", 1, ("/w/.t/a",)),
    Call("rename", 1, ("/w/.t", "/w/t")),
    Call("fsync", 2, ("/w",)),
)


def test_what_a_power_cut_can_take() -> None:
    assert calls.unsynced([WRITE, SYNC, RENAME, FOLDER]) == []
    assert calls.unsynced([WRITE, RENAME, FOLDER])[0] == "/w/t was renamed before /w/.t/a was synced"
    assert calls.unsynced([WRITE, SYNC, WRITE, RENAME, FOLDER])[0] == "/w/t was renamed before /w/.t/a was synced"
    assert calls.unsynced([WRITE, SYNC, RENAME]) == ["the name /w/t was never synced"]
    assert calls.unsynced([Call("rename", 1, ("/w/t", "/w/.t.1.tmp"))]) == []
    assert calls.unsynced([WRITE, SYNC, FOLDER, RENAME]) == ["the name /w/t was never synced"]
    assert calls.unsynced([WRITE]) == ["/w/.t/a was never synced"]
    assert calls.unsynced([WRITE, Call("unlink", 1, ("/w/.t/a",))]) == []
