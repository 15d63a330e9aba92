"""A `params.yaml` that cannot be read: not YAML, not text, not a file."""

import time

import pytest

from tests.support.invalid_params import error_message, message_after
from tests.support.params_text import TEXT

MISTAKES = [  # text to replace, its replacement, and the error message after "params.yaml: "
    ("  timeout: 20", "\ttimeout: 20", "line 6: found character '\\t' that cannot start any token"),
    ("  timeout: 20", "  timeout 20", "line 7: could not find expected ':'"),
    (
        "  timeout: 20",
        "  timeout: 20\n  timeout: 9",
        'line 7: found duplicate key "timeout" with value "9" (original value: "20")',
    ),
    ("custom: {}", "custom: {", "line 45: expected ',' or '}', but got '<scalar>'"),
    (
        "timeout: 20",
        "timeout: *other",
        "line 6: aliases such as *other are not supported; repeat the value",
    ),
    (
        "epochs: 3",
        f"epochs: -0x{'f' * 5000}",
        "line 25: found a value of 5003 characters, expected at most 3000",
    ),
    ("- ./usb-stick", f"- {'x' * 3001}", "line 5: found a value of 3001 characters, expected at most 3000"),
    ("timeout: 20", "timeout: !seconds 20", "line 6: could not determine a constructor for the tag '!seconds'"),
    ("timeout: 20", "timeout: !!bool 20", "cannot be read as YAML: '20'"),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "params.yaml"


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[message[:60] for *_, message in MISTAKES])
def test_invalid_yaml(tmp_path, old, new, message):
    assert message_after(tmp_path, old, new) == f"params.yaml: {message}"


@pytest.mark.parametrize("text", ["[" * 500, "a: 2018-13-09", 'a: "\\UFFFFFFFF"', "a: !!int ''", "a: \0"])
def test_errors_inside_the_parser_are_one_line(path, text):
    path.write_text(text, encoding="utf-8")
    message = error_message(path)
    assert message.startswith("params.yaml: cannot be read as YAML: ")
    assert message.isprintable()


def test_other_encodings(path):
    path.write_bytes(TEXT.replace("# ", "").encode() + "# für später".encode("latin-1"))
    assert error_message(path) == f"params.yaml: byte {len(TEXT) + 3} is not UTF-8 text"
    path.write_text(TEXT, encoding="utf-16")
    assert error_message(path) == "params.yaml: byte 0 is not UTF-8 text"


def test_missing_file_and_folder(path):
    assert error_message(path) == f"{path}: not found; restore it with `git checkout params.yaml`"
    path.mkdir()
    assert error_message(path) == f"{path}: Is a directory"


def test_aliases_that_expand_to_a_billion_values(path):
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    path.write_text("\n".join(levels), encoding="utf-8")
    begin = time.monotonic()
    assert error_message(path) == "params.yaml: line 2: aliases such as *a0 are not supported; repeat the value"
    assert time.monotonic() - begin < 2
