"""The calls by which a process changes files, as strace lists them."""

import itertools
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

WRITES = ("write", "pwrite64", "ftruncate", "sendfile")
SYNCS = ("fsync", "fdatasync")
RENAMES = ("rename", "renameat", "renameat2")
MODES = ("chmod", "fchmodat")
OTHERS = ("unlink", "unlinkat", "mkdir", "mkdirat", "rmdir")
NAMES = (*WRITES, *SYNCS, *RENAMES, *MODES, *OTHERS)
LINE = re.compile(r"^(\w+)\((.*?)(\) += -1 E.*)?$")  # name, arguments, and what there is if it failed
FOLDER_OR_NAME = re.compile(r'\w+<([^>]*)>|"((?:[^"\\]|\\.)*)"')  # a descriptor's path, or a string


@dataclass(frozen=True)
class Call:
    """The `number`-th call of that name in the process, from 1, and the paths that it concerns."""

    name: str
    number: int
    paths: tuple[str, ...]


def parse(log: Path, root: str) -> list[Call]:
    """The calls that concern files below `root` and did not fail, in their order."""
    seen: dict[str, int] = {}
    found = []
    for line in log.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if match:
            name = match[1]
            seen[name] = seen.get(name, 0) + 1
            paths = tuple(_paths(name, match[2]))
            if not match[3] and any(path.startswith(f"{root}/") for path in paths):
                found.append(Call(name, seen[name], paths))
    return found


def _paths(name: str, arguments: str) -> Iterator[str]:
    """Descriptors' own paths for what writes and syncs, names for the rest, joined to the folder before them."""
    by_descriptor = name in WRITES or name in SYNCS
    folder = ""
    for descriptor, text in FOLDER_OR_NAME.findall(arguments):
        if by_descriptor:
            yield descriptor
            return  # the rest is what is written, or where it is from
        elif descriptor:
            folder = descriptor
        else:
            yield os.path.join(folder, text)


def points(calls: Iterable[Call], scratch: Sequence[str]) -> list[Call]:
    """Where to kill: of several writes to one file one after the other the first, one in the middle and the last.

    Syncing and permissions are left out, a killed process loses nothing by them; and of the calls on files whose paths
    hold one of the words in `scratch`, only every twentieth is taken.
    """
    chosen: list[Call] = []
    for (name, _), group in itertools.groupby(calls, key=lambda call: (call.name, call.paths)):
        alike = list(group)
        if name not in (*SYNCS, *MODES):
            chosen += [alike[index] for index in sorted({0, len(alike) // 2, len(alike) - 1})]
    numbers = itertools.count()
    return [call for call in chosen if not any(word in call.paths[-1] for word in scratch) or next(numbers) % 20 == 0]


def unsynced(calls: Iterable[Call]) -> list[str]:
    """What a power cut could take or empty: files renamed before they were synced, and folders not synced after it."""
    dirty: set[str] = set()
    renamed: dict[str, str] = {}  # by folder, the last name that it was given
    lost = []
    for call in calls:
        if call.name in WRITES:
            dirty.add(call.paths[0])
        elif call.name in SYNCS:
            dirty.discard(call.paths[0])
            renamed.pop(call.paths[0], None)
        elif call.name in RENAMES:
            old, new = call.paths[0], call.paths[-1]
            lost += [
                f"{new} was renamed before {path} was synced" for path in dirty if f"{path}/".startswith(f"{old}/")
            ]
            if not re.search(r"/\.[^/]*\.tmp$", new):  # about to be removed
                renamed[os.path.dirname(new)] = new
        elif call.name in ("unlink", "unlinkat"):
            dirty.discard(call.paths[-1])
    return (
        lost
        + [f"{path} was never synced" for path in dirty]
        + [f"the name {name} was never synced" for name in renamed.values()]
    )
