"""The report's sentences and verdicts, computed again from the files without its code."""

import re

from pipeline.reporting.conclusions import GROUNDS
from pipeline.reporting.markdown import END_VERDICTS, markdown_report, sentences
from tests.support.report_arithmetic import points, wilson
from tests.support.report_page import ENSEMBLE, board, comparisons, names
from tests.support.reported import analyze_runs
from tests.support.study import ENVIRONMENT, write_run

FLAGS = {"pooling": "pooling", "dropout": "dropout", "batch_norm": "batch normalisation"}


def test_the_sentences_agree_with_the_verdicts_and_the_files(report):
    cells, text, runs = report
    first, second, *third = (said for key, _, said, _ in cells.cells if key == "sentence")
    check_verdicts(cells.verdicts, second, text)
    held_out = [run for run in names(report) if runs.json(run, "run.json")["settings"]["validation_data"] != "test"]
    if not held_out:
        assert first.endswith("none can be chosen: the test images were their validation data.")
    else:
        last = {run: runs.csv(run, "history.csv")[-1] for run in held_out}
        best = min(held_out, key=lambda run: (-float(last[run]["val_accuracy"]), float(last[run]["val_loss"]), run))
        correct, settings = runs.correct(best), runs.json(best, "run.json")["settings"]
        seen = settings["epochs"] * settings["training_images"]
        interval = re.sub(r" %(.*)", r" % (95 % interval \1)", wilson(correct.mean(), len(correct)))
        assert f", {best} is best on validation data (" in first
        wrong = f"{int((~correct).sum()):,} of {len(correct):,} test images wrong, an accuracy of {interval}"
        assert f"it gets {wrong}, after {seen:,} training images" in first
    ensemble = re.search(r"; the ensemble \(mean of \d+\) ([\d,]+) of [\d,]+\.", first)
    row = board(report).get(ENSEMBLE)
    assert (ensemble and ensemble[1]) == (row and row["test_errors"][0].partition(" of ")[0])
    check_effects("".join(third), report)


def check_verdicts(verdicts, sentence, text):
    """The sentence and the Markdown's table have the verdicts of the page's table, whose fourth row has fewer."""
    either = "whatever the budget"
    for ground in GROUNDS:
        same = {number: verdicts.get((number, ground), verdicts.get((number, either))) for number in range(1, 7)}
        (said,) = re.findall(rf"{ground}: ([^;]*?)(?:;|\.$)", sentence)
        judged = {number: word for number, word in same.items() if word != "–"}
        if set(judged.values()) <= {"not resolved"}:
            assert said == ("none is decided" if judged else "nothing to judge")
            continue
        parts = re.split("(supported|contradicted|not resolved) ", said)[1:]
        told = {
            int(n): word
            for word, rest in zip(parts[::2], parts[1::2], strict=True)
            for n in re.findall(r"\b\d\b", rest)
        }
        assert told == judged
    rows = re.findall(
        r"^\| (\d) \|[^|]*\| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", text.partition(END_VERDICTS)[0], re.MULTILINE
    )
    assert len(rows) == 6
    for number, *words in rows:
        page = [verdicts.get((int(number), ground), verdicts.get((int(number), either))) for ground in GROUNDS]
        assert [word.partition(" (")[0] for word in words] == page


def check_effects(sentence, report):
    """The number of fair comparisons, of those that count, and the three strongest with their sizes."""
    runs, components = report[2], {}
    for pair, cells in comparisons(report, "effects").items():
        records = [runs.json(re.sub(r" \(.*", "", name), "run.json") for name in pair]
        if records[0]["settings"] == records[1]["settings"]:
            (flag,) = [flag for flag in FLAGS if records[0][flag] != records[1][flag]]
            value, p = (float(cells[key][1]["data-value"]) for key in ("difference", "adjusted"))
            components[f"{FLAGS[flag]} on {records[0]['architecture']}"] = value, p
    clear = {name: value for name, (value, p) in components.items() if p < 0.05}
    if not comparisons(report, "effects"):
        assert sentence == ""
        return
    if not components:
        assert sentence == "No two runs differ in one component alone, so there is no ablation."
        return
    compared = (
        f"Of {len(components)} comparison{'s' * (len(components) != 1)} of runs that differ in one component alone, "
    )
    if not clear:
        assert sentence == f"{compared}none shows a significant effect on test accuracy."
        return
    assert sentence.startswith(f"{compared}{len(clear)} show{'s' * (len(clear) == 1)} a significant effect ")
    strongest = sorted(clear, key=lambda name: -abs(clear[name]))[:3]
    said = re.findall(r"([a-z]+(?: normalisation)? on \w+) \(([+−][\d.]+) points\)", sentence)
    assert said == [(name, points(clear[name])) for name in strongest]


def test_one_run_and_one_comparison_are_not_plural(tmp_path):
    write_run(tmp_path, "lenet-plain")
    assert sentences(analyze_runs(tmp_path, "lenet-plain"))[0].startswith(
        "Of 1 run under the protocol fast, lenet-plain is best on validation data (99.20 %): "
    )
    write_run(tmp_path, "lenet-dropout", environment={"hardware": ENVIRONMENT["hardware"] | {"cores": 1}})
    both = analyze_runs(tmp_path, "lenet-plain", "lenet-dropout")
    assert sentences(both)[2] == (
        "Of 1 comparison of runs that differ in one component alone, none shows a significant effect on test accuracy."
    )
    assert "Some CPU, 1 core, amx_bf16" in markdown_report(both)


def test_every_marked_cell_is_checked(report):
    known = {"board", "effects", "verdicts", "hard", "networks", "settings", "origins", "seeds", "sturdiness", "digits"}
    assert {key for key, _, _, table in report[0].cells if table not in known} <= {
        "sentence",
        "contradiction",
        "distance",
        "from_initial",
        "hard_total",
        "common_images",
        "protocol",
        "head",
    }
