"""Random documents: a valid one is read, any other is refused with an error of one line."""

import copy

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline.config import params
from pipeline.core.errors import PipelineError
from tests.support.params_oracle import EDGES, VALID, WORDS
from tests.support.params_text import TEXT

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=4)
    | st.dates()
    | st.sampled_from(["lenet", "adadelta", "test", "auto", "https://a/b", 10**30])
)
KEYS = st.sampled_from(["common", "lenet", "runs", "rho", "seed", "epochs", "files", "threads"]) | SCALARS.filter(
    lambda value: value == value  # YAML cannot write two keys NaN
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)
NEAR = st.integers(-2, 50) | st.integers(390, 5010) | st.floats(-0.1, 1.1) | st.floats(0, 50) | st.sampled_from(WORDS)
PLACES = st.sampled_from(list(VALID))
DOCUMENT = YAML(typ="safe", pure=True).load(TEXT)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "params.yaml"


def places(value, keys=()):
    """The keys that lead to every value in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [keys, *(place for key, one in inner for place in places(one, (*keys, key)))]


@st.composite
def mutated(draw):
    """The document with up to three values replaced, keys removed or keys added."""
    document = copy.deepcopy(DOCUMENT)
    for _ in range(draw(st.integers(1, 3))):
        keys = draw(st.sampled_from(places(document)))
        if not keys:
            continue
        *before, last = keys
        holder = document
        for key in before:
            holder = holder[key]
        kind = draw(st.sampled_from(["replace", "remove", "add"]))
        if kind == "remove":
            del holder[last]
        elif kind == "add" and isinstance(holder, dict):
            holder[draw(KEYS)] = draw(VALUES)
        else:
            holder[last] = draw(VALUES)
    return document


def is_accepted(read, source):
    """Whether `read` accepts `source`; if not, the error must be one line about params.yaml."""
    try:
        assert read(source).runs
    except PipelineError as error:
        assert str(error).startswith("params.yaml: ")
        assert str(error).isprintable()
        return False
    return True


def read_text(path, content):
    """Whether a file with this content is accepted."""
    path.write_bytes(content)
    return is_accepted(params.load_params, path)


def check_value(place, value):
    """Set one value in the document; it must be accepted if the oracle says that it is valid, and only then."""
    document = copy.deepcopy(DOCUMENT)
    *before, last = place
    holder = document
    for key in before:
        holder = holder.setdefault(key, {})
    holder[last] = value
    assert is_accepted(params.parse_params, document) == VALID[place](value), (place, value)


fuzz = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@settings(fuzz, max_examples=40)
@given(document=mutated() | VALUES)
def test_random_documents(document):
    is_accepted(params.parse_params, document)


@fuzz
@given(
    begin=st.integers(0, len(TEXT)),
    length=st.integers(0, 40),
    inserted=st.text(max_size=6)
    | st.sampled_from(["\t", "&a ", "*a", "!!set ", "? ", "- ", "{", "]", "|", "%", "0x_"]),
)
@example(begin=0, length=0, inserted="%YAML 1.1\n---\n")
def test_random_edits_of_the_text(path, begin, length, inserted):
    text = TEXT[:begin] + inserted + TEXT[begin + length :]
    read_text(path, text.encode("utf-8", "surrogatepass"))


@settings(fuzz, max_examples=300)
@given(place=PLACES, value=NEAR | VALUES)
def test_random_values(place, value):
    check_value(place, value)


# A training setting has the same limits at each of its four places: here at two, above at all.
ONCE = [place for place in VALID if place[2:3] not in [("vgg",), ("quick",)]]


@pytest.mark.parametrize("place", ONCE, ids=".".join)
def test_values_at_the_limits(place):
    for value in EDGES:
        check_value(place, value)
