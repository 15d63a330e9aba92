"""The measurements measure what they say; what they find is not tested here, since it depends on the machine."""

import datetime
import json
import re
import subprocess
import sys

import pytest

from pipeline.core.paths import ROOT
from pipeline.formats.tables import read_json
from pipeline.runtime.devices import Gpu, Hardware
from tests.support.workspace import Workspace
from tools.bench import idle, page, row
from tools.bench.row import Row


def test_sides_take_turns_and_swap_who_is_first() -> None:
    order = []
    found = row.alternate({"a": lambda: order.append("a") or len(order), "b": lambda: order.append("b")}, 3)
    assert "".join(order) == "abbaab"
    assert found["a"] == [1, 4, 5]


def test_the_ratio_is_the_median_of_the_pairs_own() -> None:
    found = row.compare("train", "x", "s", [1.0, 20.0, 4.0], "y", [2.0, 10.0, 16.0], 0.5)
    assert (found.ours, found.theirs, found.ratio, found.met) == (4.0, 10.0, 0.5, True)  # of 0.5, 2 and 0.25


@pytest.mark.parametrize(
    ("found", "met"),
    [
        (Row("a", "b", "s", 12.0, aim=12.0), True),
        (Row("a", "b", "s", 12.1, aim=12.0), False),
        (Row("a", "b", "s", 12.1), None),
        (Row("a", "b", "s", 0.5, "c", 0.5, 1.03, 1.02), False),
        (Row("a", "b", "s", 99.0, "c", 99.0, 1.01, 1.02), True),
    ],
)
def test_an_aim_is_for_the_ratio_if_there_is_one(found: Row, met: bool | None) -> None:
    assert found.met is met


def test_the_table() -> None:
    rows = [
        Row("train", "epoch", "s", 1.234, "bare", 1.2, 1.0283, 1.02),
        Row("train", "start", "s", 4567.8, aim=12.0),
        Row("speed", "lenet", "images/s", 1076.4),
    ]
    lines = row.table(rows).splitlines()[2:]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines] == [
        ["train", "epoch", "1.23", "bare", "1.2", "s", "1.028", "≤ 1.02 ×", "no"],
        ["train", "start", "4,568", "–", "–", "s", "–", "≤ 12 s", "no"],
        ["speed", "lenet", "1,076", "–", "–", "images/s", "–", "–", "–"],
    ]


def test_the_page_says_on_what_when_and_how() -> None:
    found = Hardware("A chip", 2, frozenset({"avx512_bf16", "amx_bf16"}), (Gpu("A card", (8, 0)),))
    measured = page.entries([Row("a", "b", "s", 1.0)], "python -m tools.bench idle", datetime.date(2020, 2, 3))
    text = page.text({page.device(found): measured})
    assert "\n## A chip, 2 cores, amx_bf16, avx512_bf16, A card\n" in text
    assert "Measured on 2020-02-03 with `python -m tools.bench idle`; python 3." in text
    assert "tensorflow 2." in text
    assert "| b " in text


def test_a_measurement_replaces_this_machines_own_of_the_same_families(tmp_path, monkeypatch) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(page, "ROOT", tmp_path)
    mine, other = (Hardware(name, 2, frozenset(), ()) for name in ("mine", "other"))
    page.write([Row("train", "elsewhere", "s", 1.0)], other, "one")
    page.write([Row("train", "old", "s", 2.0), Row("idle", "kept", "s", 3.0)], mine, "two")
    page.write([Row("train", "new", "s", 4.0), Row("train", "newer", "s", 5.0)], mine, "three")
    text = (tmp_path / page.NAME).read_text()
    lines = [line for line in text.splitlines() if re.match(r"## |Measured|\| (train|idle)", line)]
    words = [" ".join(line.split()[:4]) if line[0] == "|" else line.split(";")[0] for line in lines]
    today = datetime.date.today().isoformat()
    assert words == [
        *("## other, 2 cores", f"Measured on {today} with `one`", "| train | elsewhere"),
        *("## mine, 2 cores", f"Measured on {today} with `three`", "| train | new", "| train | newer"),
        *(f"Measured on {today} with `two`", "| idle | kept"),
    ]


def test_the_page_is_that_of_its_measurements() -> None:
    assert (ROOT / page.NAME).read_text() == page.text(read_json(ROOT / page.DATA))


def test_an_import_is_noticed_also_in_a_process_that_a_process_starts(tmp_path) -> None:
    for name, content in (("tensorflow", ""), ("tensors", "")):
        (tmp_path / f"{name}.py").write_text(content)
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import {}'], check=True)"
    assert idle.imported(("python", "-c", child.format("tensorflow")), True, tmp_path)
    assert not idle.imported(("python", "-c", child.format("tensors")), True, tmp_path)


@pytest.mark.parametrize(("command", "succeeds"), [one for one in idle.LIGHT if one[0][0] != "dvc"])
def test_nothing_imports_tensorflow_that_has_no_use_for_it(command: tuple[str, ...], succeeds: bool) -> None:
    assert not idle.imported(command, succeeds)


def test_a_cached_stage_does_not_import_tensorflow(finished: Workspace) -> None:
    assert not idle.imported(("dvc", "repro"), True, finished.root)


def test_the_bare_script_trains_the_run(finished: Workspace) -> None:
    options = ("--precision", "float32", "--threads", "2")
    printed = finished.run("python", "-m", "tools.bench.bare", "lenet-dropout", *options).stdout.splitlines()
    said = json.loads(printed[-1])
    assert len(said["seconds"]) == len(said["finished"]) == 2
    assert said["finished"][0] < said["finished"][1]
    assert "Epoch 2/2" in printed


def test_steps_are_counted_in_images_a_second() -> None:
    command = [sys.executable, "-m", "tools.bench.steps", "keras", "lenet", "float32", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 1 < float(done.stdout) < 1e7


def test_many_runs_are_made_of_one_and_measured(copied: Workspace) -> None:
    printed = copied.run("python", "-m", "tools.bench", "growth", "--sizes", "1", "2").stdout.splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed[2:]]
    whats = ("sync, nothing known", "sync, all known", "report")
    assert [line[1] for line in cells] == [f"{what}, {runs} runs" for what in whats for runs in (1, 2)]
    assert [line[3] for line in cells] == ["–", "1 runs"] * 3
    assert copied.run("git", "status", "--porcelain", "--", "params.yaml").stdout == ""


def test_a_family_is_named_with_the_nearest(finished: Workspace) -> None:
    done = finished.run("python", "-m", "tools.bench", "trian", check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "error: row 'trian' is unknown; did you mean 'train'? (known: train, tracking, idle, speed, growth)\n",
    )
