"""Raw files that are not what idx files must be."""

import struct
from collections.abc import Callable

from tests.faults.bench import Bench
from tests.faults.table import fault, refusal

IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"
WRONG = {  # what is wrong: which file, how it is changed, what the error says
    "wrong magic number": (IMAGES, lambda c: struct.pack(">I", 2049) + c[4:], "magic number 2049, expected 2051"),
    "wrong dimensions": (IMAGES, lambda c: c[:8] + struct.pack(">2I", 14, 56) + c[16:], "items of 14 × 56"),
    "a byte too few": (IMAGES, lambda c: c[:-1], "expected 313616 for the 400 items it announces"),
    "a byte too many": (IMAGES, lambda c: c + b"\0", "expected 313616 for the 400 items it announces"),
    "a count of four thousand millions": (IMAGES, lambda c: c[:4] + b"\xff" * 4 + c[8:], "4294967295 items"),
    "a label of 10": (LABELS, lambda c: c[:20] + b"\x0a" + c[21:], "label 10 at index 12, expected 0 to 9"),
    "fewer labels than images": (LABELS, lambda c: c[:4] + struct.pack(">I", 399) + c[8:-1], "399 labels"),
}


def wrong(bench: Bench, name: str, change: Callable[[bytes], bytes], says: str) -> str:
    """Prepare from a wrong file after a right one was prepared."""
    place = bench.prepared()
    path, processed = place.root / "data/raw" / name, place.root / "data/processed"
    before = {file.name: file.read_bytes() for file in processed.iterdir()}
    content = change(path.read_bytes())
    path.unlink()
    path.write_bytes(content)
    seen = refusal(place.run("python", "-m", "pipeline.preprocess", check=False), name, says)
    assert {file.name: file.read_bytes() for file in processed.iterdir()} == before, "data/processed was changed"
    return seen


for name, case in WRONG.items():
    fault(f"idx: {name}", "refused in one line, data/processed as it was", quick=name == "a byte too few")(
        lambda bench, case=case: wrong(bench, *case)
    )


@fault("data/raw: a flipped byte", "`dvc repro` fetches that file anew")
def flipped(bench: Bench) -> str:
    """Damage a raw file after it was fetched."""
    place = bench.prepared()
    path = place.root / "data/raw" / IMAGES
    right = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(right[:5000] + bytes([right[5000] ^ 1]) + right[5001:])
    place.run("dvc", "repro", "preprocess")
    assert path.read_bytes() == right
    return "fetched anew, the same bytes as before"
