"""A checkout in which every check of `make doctor` passes, for tests to damage."""

import shutil
import sqlite3
from pathlib import Path

from pipeline.core.paths import ROOT
from tests.support.params_text import TEXT
from tools.checks import Verdict

OF_RUNS = [f"{stage}@{run}" for stage in ("train", "evaluate", "draw") for run in ("lenet-one", "vgg_two")]
STAGES = ("fetch", "preprocess", "corrupt", *OF_RUNS, "report")
OUT = "results/runs/lenet-one/model.keras"
MD5 = "9a0364b9e99bb480dd25e1f0284c8555"  # of b"content"
OBJECT = f".dvc/cache/files/md5/{MD5[:2]}/{MD5[2:]}"


def make_checkout(root: Path) -> Path:
    """Create the checkout in `root`: one output with its object, and a tracking database without runs."""
    (root / "params.yaml").write_text(TEXT)
    shutil.copy(ROOT / "dvc.yaml", root)
    for name in (OUT, OBJECT):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(b"content")
    (root / ".dvc/config").write_text(f"[core]\n    no_scm = true\n    site_cache_dir = {root}/.site-cache\n")
    lines = ["schema: '2.0'", "stages:", *(f"  {name}: {{cmd: x}}" for name in STAGES)]
    lines[5] = f"  train@lenet-one: {{cmd: x, outs: [{{path: {OUT}, hash: md5, md5: {MD5}, size: 7}}]}}"
    (root / "dvc.lock").write_text("\n".join(lines) + "\n")
    with sqlite3.connect(root / "mlflow.db") as database:
        database.execute("CREATE TABLE runs (run_uuid, name, status, lifecycle_stage, start_time)")
        database.execute("CREATE TABLE experiments (experiment_id, name, lifecycle_stage)")
        database.execute("CREATE TABLE alembic_version AS SELECT '0584bdc529eb' AS version_num")
        database.execute("CREATE TABLE tags (key, value, run_uuid)")
        database.execute("CREATE INDEX by_value ON tags (value)")
        database.executemany("INSERT INTO tags VALUES ('x', ?, '1')", [[f"filling {n}"] for n in range(2000)])
    database.close()
    return root


def assert_wrong(verdict: Verdict, *texts: str) -> None:
    """Assert that the verdict has a remedy, and that its line contains each of `texts`."""
    assert verdict.remedy
    for text in texts:
        assert text in f"{verdict.found}; {verdict.remedy}"
