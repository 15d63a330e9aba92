"""The report's sentences and verdicts, computed again from the files without its code."""

import re
from collections import Counter

from pipeline.reporting.markdown import markdown_report, sentences
from tests.support.report_arithmetic import points, wilson
from tests.support.report_page import ENSEMBLE, board, comparisons, names
from tests.support.reported import analyze_runs
from tests.support.stored_results import published, published_curve
from tests.support.study import ENVIRONMENT, write_run

FLAGS = {"pooling": "pooling", "dropout": "dropout", "batch_norm": "batch normalisation"}


def test_summary_agrees_with_verdicts_and_files(report):
    cells, text, runs = report
    words = Counter(cells.verdicts.values())
    assert sum(words.values()) == 6
    first, second, third = (said for key, _, said, _ in cells.cells if key == "sentence")
    numbers = ("none", "one", "two", "three", "four", "five", "all six")
    for word in ("supported", "contradicted", "undecided"):
        which = [str(number) for number, verdict in cells.verdicts.items() if verdict == word]
        said = re.search(rf"(\w+|all six) (?:is|are) {word}(?: \(([^)]*)\))?", second)
        assert said[1] in numbers[words[word]]
        assert re.findall(r"\d", said[2] or "") == which
        assert len(re.findall(rf"^\d\. .*\*\*{word.capitalize()}\*\*", text, re.MULTILINE)) == words[word]
    networks = names(report)
    accuracy = {run: runs.correct(run).mean() for run in networks}
    best = [run for run in networks if accuracy[run] == max(accuracy.values())]
    correct = runs.correct(best[0])
    settings = runs.json(best[0], "run.json")["settings"]
    interval = re.sub(r" %(.*)", r" % (95 % interval \1)", wilson(correct.mean(), len(correct)))
    under = f"under the protocol {runs.json(best[0], 'run.json')['protocol']}"
    assert first.startswith(f"Of {len(networks)} run{'s' * (len(networks) != 1)} {under}, ")
    assert f"{best[0]} has" in first or len(best) > 1
    rate = f"{int((~correct).sum()):,} of {len(correct):,} test images"
    assert f"the lowest error rate: {rate}, an accuracy of {interval}" in first
    assert f", after {settings['epochs'] * settings['training_images']:,} training images" in first
    ensemble = re.search(r"; the ensemble: ([\d,]+) of [\d,]+\.", first)
    assert (ensemble and ensemble[1]) == board(report).get(ENSEMBLE, {}).get("test_errors", (None, None))[1]
    check_effects(third, report)


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
        "Of 1 run under the protocol fast, lenet-plain "
    )
    write_run(tmp_path, "lenet-dropout", environment={"hardware": ENVIRONMENT["hardware"] | {"cores": 1}})
    both = analyze_runs(tmp_path, "lenet-plain", "lenet-dropout")
    assert sentences(both)[2] == (
        "Of 1 comparison of runs that differ in one component alone, none shows a significant effect on test accuracy."
    )
    assert "Some CPU, 1 core, amx_bf16" in markdown_report(both)


def test_why_a_win_does_not_count_names_the_images_of_both(report):
    runs = report[2]
    for key, _, text, _ in report[0].cells:
        pairs = re.findall(r"([\w-]+) beats ([\w-]+), but saw ([\d,]+) training images against ([\d,]+)", text)
        for winner, loser, more, fewer in pairs if key == "why" else ():
            seen = [runs.json(run, "run.json")["settings"] for run in (winner, loser)]
            assert [more, fewer] == [f"{row['epochs'] * row['training_images']:,}" for row in seen]
            assert runs.correct(winner).mean() > runs.correct(loser).mean()


def test_what_contradicts_the_notebook_s_text_is_in_its_figures(report):
    said = {around["conclusion"]: text for key, around, text, _ in report[0].cells if key == "contradiction"}
    test = {name: {key: float(row[key]) for key in row if key != "architecture"} for name, row in published().items()}
    curves = {name: published_curve(name) for name in test}
    epochs = list(zip(curves["lenet"], curves["vgg"], strict=True))
    ahead = [lenet["accuracy"] > vgg["accuracy"] for lenet, vgg in epochs].index(False)
    below = sum(lenet["loss"] < vgg["loss"] for lenet, vgg in epochs)
    accuracies, losses = ({name: row[f"test_{key}"] for name, row in test.items()} for key in ("accuracy", "loss"))
    assert said == {  # each computed from data/published
        1: f"lenet ({accuracies['lenet']:.4f}) is below custom ({accuracies['custom']:.4f}).",
        2: f"lenet's training loss is below vgg's in {below} of 20 epochs, and its training accuracy above through"
        f" epoch {ahead} (each under its own dropout). Its test loss is the lower one too: {losses['lenet']:.5f}"
        f" against {losses['vgg']:.5f}.",
        6: f"After epoch 2, vgg's training accuracy is {curves['vgg'][1]['accuracy']:.4f} and custom's"
        f" {curves['custom'][1]['accuracy']:.4f}.",
    }
    first = {name: [i for i, row in enumerate(curve, 1) if row["accuracy"] >= 0.99] for name, curve in curves.items()}
    (told,) = (text for key, around, text, _ in report[0].cells if key == "published" and around.get("conclusion") == 2)
    assert first["lenet"] == []
    assert told.endswith(f"99 % training accuracy: vgg in epoch {first['vgg'][0]}, lenet never.")


def test_every_marked_cell_is_checked(report):
    known = {
        "board",
        "effects",
        "conclusion",
        "hard",
        "published",
        "settings",
        "origins",
        "seeds",
        "sturdiness",
        "digits",
    }
    assert {key for key, _, _, table in report[0].cells if table not in known} <= {
        "sentence",
        "hard_total",
        "common_images",
        "protocol",
        "head",
    }
