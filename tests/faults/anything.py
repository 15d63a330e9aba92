"""Thousands of documents that no person would write."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import params
from tests.faults.bench import Bench
from tests.faults.table import fault
from tests.support.params_text import TEXT
from tests.unit.config import test_params_fuzz as fuzz
from tests.unit.raw import test_idx_fuzz

EXAMPLES = 3000


@fault(f"params.yaml: {3 * EXAMPLES} spoiled documents", "each is read if it is right, or refused in one line")
def documents(bench: Bench) -> str:
    """Values replaced, removed, added; then characters; then values that another description calls right or wrong."""
    path: Path = bench.root / "params.yaml"
    many = settings(max_examples=EXAMPLES, deadline=None, database=None)
    edits = st.tuples(st.integers(0, len(TEXT)), st.integers(0, 40), st.text(max_size=6))

    @many
    @given(document=fuzz.mutated() | fuzz.VALUES)
    def values(document: object) -> None:
        fuzz.is_accepted(params.parse_params, document)

    @many
    @given(edit=edits)
    def characters(edit: tuple[int, int, str]) -> None:
        begin, length, inserted = edit
        text = TEXT[:begin] + inserted + TEXT[begin + length :]
        fuzz.read_text(path, text.encode("utf-8", "surrogatepass"))

    @many
    @given(place=fuzz.PLACES, value=fuzz.NEAR | fuzz.VALUES)
    def judged(place: tuple[str, ...], value: object) -> None:
        fuzz.check_value(place, value)

    values()
    characters()
    judged()
    return "no stack trace, none accepted wrongly"


@fault("idx files: 4000 of almost any bytes", "each is read as numpy reads it, or refused in one line")
def raw_files(bench: Bench) -> str:
    """Wrong words in the header, wrong lengths, wrong labels; a reader written another way decides."""
    many = settings(max_examples=2000, deadline=None, database=None)
    many(given(content=test_idx_fuzz.IMAGES)(test_idx_fuzz.check_images))()
    many(given(content=test_idx_fuzz.LABELS)(test_idx_fuzz.check_labels))()
    return "no stack trace"
