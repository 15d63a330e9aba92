"""A `params.yaml` that cannot be read: no YAML, no text, no file."""

import pytest

from tests.support.params_text import TEXT
from tests.support.spoilt_params import refused, spoilt

MISTAKES = [  # what is replaced in TEXT, by what, and what the error says after "params.yaml: "
    ("  timeout: 20", "\ttimeout: 20", "line 6: found character '\\t' that cannot start any token"),
    ("  timeout: 20", "  timeout 20", "line 7: could not find expected ':'"),
    (
        "  timeout: 20",
        "  timeout: 20\n  timeout: 9",
        'line 7: found duplicate key "timeout" with value "9" (original value: "20")',
    ),
    ("custom: {}", "custom: {", "line 42: expected ',' or '}', but got ':'"),
    ("timeout: 20", "timeout: *other", "line 6: found undefined alias 'other'"),
    ("timeout: 20", "timeout: !seconds 20", "line 6: could not determine a constructor for the tag '!seconds'"),
    ("timeout: 20", "timeout: !!bool 20", "cannot be read as YAML: '20'"),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "params.yaml"


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[message[:60] for *_, message in MISTAKES])
def test_what_is_no_yaml_is_one_clear_line(tmp_path, old, new, message):
    assert spoilt(tmp_path, old, new) == f"params.yaml: {message}"


@pytest.mark.parametrize("text", ["[" * 500, "a: 2018-13-09", 'a: "\\UFFFFFFFF"', "a: !!int ''", "a: \0"])
def test_what_the_parser_itself_stumbles_over_is_one_line_too(path, text):
    path.write_text(text, encoding="utf-8")
    message = refused(path)
    assert message.startswith("params.yaml: cannot be read as YAML: ")
    assert message.isprintable()


def test_a_file_in_another_encoding(path):
    path.write_bytes(TEXT.replace("# ", "").encode() + "# für später".encode("latin-1"))
    assert refused(path) == f"params.yaml: byte {len(TEXT) + 3} is not UTF-8 text"
    path.write_text(TEXT, encoding="utf-16")
    assert refused(path) == "params.yaml: byte 0 is not UTF-8 text"


def test_no_file(path):
    assert refused(path) == f"{path}: not found; restore it with `git checkout params.yaml`"
    path.mkdir()
    assert refused(path) == f"{path}: Is a directory"
