"""Whatever stands in `params.yaml`, a person gets one line, never a stack trace."""

import copy
import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline.config import params
from pipeline.core.errors import PipelineError
from tests.support.params_oracle import RIGHT, WORDS
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
    lambda value: value == value  # a NaN is no key that YAML could write twice
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)
NEAR = st.integers(-2, 50) | st.integers(390, 5010) | st.floats(-0.1, 1.1) | st.floats(0, 50) | st.sampled_from(WORDS)
EDGES = [-1, 0, 1e-9, 0.5, 0.6, 1, 1.0, 1.1, 8, 9, 45, 46, 399, 400, 1024, 1025, 5000, 5001, 2**31 - 1, 2**31]
EDGES += [float("nan"), float("inf"), True, "1", None]
PLACES = st.sampled_from(list(RIGHT))
DOCUMENT = YAML(typ="safe", pure=True).load(TEXT)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "params.yaml"


def places(value, way=()):
    """The way to every value in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, one in inner for place in places(one, (*way, key)))]


@st.composite
def mutated(draw):
    """The document with a few values replaced, keys removed or keys added."""
    document = copy.deepcopy(DOCUMENT)
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from(places(document)))
        if not way:
            continue
        *before, last = way
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


def loads_or_is_refused_in_one_line(path, content):
    """Whether it loads."""
    path.write_bytes(content)
    try:
        assert params.load_params(path).runs
    except PipelineError as error:
        assert str(error).startswith("params.yaml: ")
        assert str(error).isprintable()
        return False
    return True


def is_accepted_if_and_only_if_right(path, place, value):
    """One value set at one place of the document, which another description of the file calls right or wrong."""
    document = copy.deepcopy(DOCUMENT)
    *before, last = place
    holder = document
    for key in before:
        holder = holder.setdefault(key, {})
    holder[last] = value
    assert loads_or_is_refused_in_one_line(path, written(document)) == RIGHT[place](value)


def written(value):
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(value, stream)
    return stream.getvalue().encode("utf-8", "surrogatepass")


anything = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@anything
@given(document=mutated() | VALUES)
def test_no_document_raises_anything_else(path, document):
    loads_or_is_refused_in_one_line(path, written(document))


@anything
@given(
    begin=st.integers(0, len(TEXT)),
    length=st.integers(0, 40),
    inserted=st.text(max_size=6)
    | st.sampled_from(["\t", "&a ", "*a", "!!set ", "? ", "- ", "{", "]", "|", "%", "0x_"]),
)
@example(begin=0, length=0, inserted="%YAML 1.1\n---\n")
def test_no_edit_raises_anything_else(path, begin, length, inserted):
    text = TEXT[:begin] + inserted + TEXT[begin + length :]
    loads_or_is_refused_in_one_line(path, text.encode("utf-8", "surrogatepass"))


@settings(anything, max_examples=400)
@given(place=PLACES, value=NEAR | VALUES)
def test_no_value_is_accepted_or_refused_wrongly(path, place, value):
    is_accepted_if_and_only_if_right(path, place, value)


@pytest.mark.parametrize("place", [place for place in RIGHT if "vgg" not in place and place[2:3] != ("quick",)])
def test_no_limit_is_off_by_one(path, place):
    for value in EDGES:
        is_accepted_if_and_only_if_right(path, place, value)
