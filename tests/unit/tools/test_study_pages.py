"""The tables of all studies."""

import re
from collections import defaultdict
from pathlib import Path

from pipeline.core.paths import ROOT
from pipeline.formats.tables import read_csv, read_json
from tools.study import pages


def test_the_overview_shows_every_network_of_the_studies_with_the_mean_of_its_seeds() -> None:
    found = defaultdict(list)
    for path in sorted(ROOT.glob("study/*/*/*/run.json")):
        found[path.parts[-4], re.sub(r"-seed[0-9]+$", "", path.parent.name)].append(path)
    shown = pages.overview()
    assert shown.count("](../study/") == len(found)
    for (study, name), paths in found.items():
        done, epochs = len(read_csv(paths[0].with_name("history.csv"))), read_json(paths[0])["settings"]["epochs"]
        shares = [read_json(path)["test_accuracy"] for path in map(metrics, paths) if path.is_file()]
        accuracy = f"{100 * sum(shares) / len(shares):.2f} %" if shares else "–"
        shown_name = name if len(paths) > 1 else paths[0].parent.name
        link = rf"\[{study}\]\(../study/{study}/README.md\)"
        row = rf"\| {link} +\| {shown_name} +\| {done} of {epochs} +\| [\d,]+ +\| {len(paths)} +\| {accuracy} "
        assert re.search(row, shown), row


def test_the_sturdy_runs_stand_below_those_without_augmentation() -> None:
    rows = [line.split("|")[1:-1] for line in pages.overview().rpartition("\n\n")[2].splitlines()[2:]]
    plain, augmented = rows[:3], rows[3:]
    assert [row[1].strip() for row in plain] == ["–"] * 3
    assert [row[0].strip() for row in augmented] == [path.name for path in sorted(ROOT.glob("study/sturdy/runs/*"))]
    for row in rows:
        kind = "study/sturdy" if row in augmented else "results"
        folder = ROOT / kind / "runs" / row[0].strip()
        held_out = read_json(folder / "validation_stress.json")["mean_accuracy"]
        assert [cell.strip() for cell in row[3:6]] == [
            f"{100 * share:.2f} %"
            for share in (
                held_out,
                *(read_json(metrics(folder / "run.json"))[key] for key in ("test_accuracy", "stress")),
            )
        ]


def metrics(run: Path) -> Path:
    """The metrics of a run, beside its run.json."""
    return run.with_name("metrics.json")
