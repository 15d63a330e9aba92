"""Damage to files: the same random mutations of a file's bytes, or of the values in it, at every run."""

import copy
import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

QUICK, ALL = 30, 2000  # mutations of each kind of file: in the tests, and in those marked `fuzz`
ODD = [None, True, 0, -1, 10**30, 0.5, float("nan"), float("inf"), "", "x", "1e999", "\ud800", "\x1b[31m", [], {}, [[]]]
ODD += [{"a": 1}, [None], "../../etc", "<b>", "ensemble"]
WORDS = [
    b"",
    b"\0",
    b"\xff",
    b"nan",
    b"-1",
    b"1e999",
    b'"',
    b",",
    b"\n",
    b"{",
    b"]",
    b"null",
    b"\xed\xa0\x80",
    b"[" * 3000,
]


def mutations(
    content: bytes, count: int, values: Callable[[bytes, random.Random], bytes] | None = None
) -> Iterator[bytes]:
    """`count` mutations of a file; every other one by `values`, which changes the values in it, if that is given."""
    rng = random.Random(1)
    for index in range(count):
        yield values(content, rng) if values and index % 2 else mutated_bytes(content, rng)


def mutated_bytes(content: bytes, rng: random.Random) -> bytes:
    """The content with up to three pieces flipped, replaced, repeated or cut off."""
    for _ in range(rng.randint(1, 3)):
        at, length = rng.randrange(len(content) + 1), rng.choice([0, 1, 1, 4, 40])
        piece = rng.choice([rng.choice(WORDS), rng.randbytes(length), content[at : at + length] * 2])
        content = content[:at] if rng.random() < 0.1 else content[:at] + piece + content[at + length :]
    return content


def mutated_json(content: bytes, rng: random.Random) -> bytes:
    """The JSON with up to two values replaced, removed or moved."""
    document = [json.loads(content)]
    for _ in range(rng.randint(1, 2)):
        holder, key = rng.choice(_places(document))
        if rng.random() < 0.3 and holder is not document:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(rng.choice(ODD) if rng.random() < 0.8 else document[0])
    return json.dumps(document[0]).encode()


def mutated_csv(content: bytes, rng: random.Random) -> bytes:
    """The CSV with a value replaced, or a row or a column removed or repeated."""
    rows = list(csv.reader(io.StringIO(content.decode())))
    row = rng.randrange(len(rows))
    column = rng.randrange(len(rows[row]))
    kind = rng.randrange(5)
    if kind == 0:
        rows[row][column] = str(rng.choice(ODD)).encode("ascii", "replace").decode()
    elif kind == 1:
        del rows[row]
    elif kind == 2:
        rows.insert(row, rows[row])
    elif kind == 3:
        rows = [one[:column] + one[column + 1 :] for one in rows]
    else:
        rows[row] = rows[row][:column]
    return "\n".join(",".join(one) for one in rows).encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document, as its holder and its key there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inner for place in ((value, key), *_places(one))]
