"""A checkout in which everything that doctor looks at is as it should be, to be spoiled by tests."""

import shutil
import sqlite3
from pathlib import Path

from pipeline.core.paths import ROOT
from tests.support.params_text import TEXT
from tools.checks.verdict import Verdict

STAGES = ("fetch", "preprocess", "train@lenet-one", "evaluate@lenet-one", "train@vgg_two", "evaluate@vgg_two", "report")
OUT = "results/runs/lenet-one/model.keras"
MD5 = "9a0364b9e99bb480dd25e1f0284c8555"  # of b"content"
OBJECT = f".dvc/cache/files/md5/{MD5[:2]}/{MD5[2:]}"


def make_sound(root: Path) -> Path:
    """Fill `root`."""
    (root / "params.yaml").write_text(TEXT)
    shutil.copy(ROOT / "dvc.yaml", root)
    for name in (OUT, OBJECT):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(b"content")
    lines = ["schema: '2.0'", "stages:", *(f"  {name}: {{cmd: x}}" for name in STAGES)]
    lines[4] = f"  train@lenet-one: {{cmd: x, outs: [{{path: {OUT}, hash: md5, md5: {MD5}, size: 7}}]}}"
    (root / "dvc.lock").write_text("\n".join(lines) + "\n")
    with sqlite3.connect(root / "mlflow.db") as database:
        database.execute("CREATE TABLE runs (run_uuid, name, status, lifecycle_stage, start_time)")
        database.execute("CREATE TABLE tags (key, value, run_uuid)")
        database.execute("CREATE INDEX by_value ON tags (value)")
        database.executemany("INSERT INTO tags VALUES ('x', ?, '1')", [[f"filling {n}"] for n in range(2000)])
    database.close()
    return root


def wrong(verdict: Verdict, *said: str) -> None:
    """Something is wrong, there is a remedy, and all of `said` is in the line."""
    assert verdict.remedy
    for words in said:
        assert words in f"{verdict.found}; {verdict.remedy}"
