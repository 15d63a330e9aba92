"""Thousands of documents that no person would write."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.bench import Bench
from tests.faults.table import fault
from tests.support.params_text import TEXT
from tests.unit.config import test_params_anything as anything
from tests.unit.raw import test_idx_anything

EXAMPLES = 3000


@fault(f"params.yaml: {3 * EXAMPLES} spoiled documents", "each is read if it is right, or refused in one line")
def documents(bench: Bench) -> str:
    """Values replaced, removed, added; then characters; then values that another description calls right or wrong."""
    path: Path = bench.root / "params.yaml"
    many = settings(max_examples=EXAMPLES, deadline=None, database=None)
    edits = st.tuples(st.integers(0, len(TEXT)), st.integers(0, 40), st.text(max_size=6))

    @many
    @given(document=anything.mutated() | anything.VALUES)
    def values(document: object) -> None:
        anything.loads_or_is_refused_in_one_line(path, anything.written(document))

    @many
    @given(edit=edits)
    def characters(edit: tuple[int, int, str]) -> None:
        begin, length, inserted = edit
        text = TEXT[:begin] + inserted + TEXT[begin + length :]
        anything.loads_or_is_refused_in_one_line(path, text.encode("utf-8", "surrogatepass"))

    @many
    @given(place=anything.PLACES, value=anything.NEAR | anything.VALUES)
    def judged(place: tuple[str, ...], value: object) -> None:
        anything.is_accepted_if_and_only_if_right(path, place, value)

    values()
    characters()
    judged()
    return "no stack trace, none accepted wrongly"


@fault("idx files: 4000 of almost any bytes", "each is read as numpy reads it, or refused in one line")
def raw_files(bench: Bench) -> str:
    """Wrong words in the header, wrong lengths, wrong labels; a reader written another way decides."""
    test_idx_anything.test_images()
    test_idx_anything.test_labels()
    return "no stack trace"
