"""The report's sentences and verdicts say what the files say, worked out again without its code."""

import re
from collections import Counter

from pipeline.reporting.markdown import markdown_report
from pipeline.reporting.summary import sentences
from tests.support.report_arithmetic import points, wilson
from tests.support.report_page import board, comparisons, names
from tests.support.reported import analysed
from tests.support.stored_results import published, published_curve
from tests.support.study import ENVIRONMENT, write_run

FLAGS = {"pooling": "pooling", "dropout": "dropout", "batch_norm": "batch normalisation"}


def test_the_verdict_counts_what_the_boxes_say(report):
    cells, text, runs = report
    words = Counter(cells.verdicts.values())
    assert sum(words.values()) == 6
    first, second, third = (said for key, _, said, _ in cells.found if key == "sentence")
    numbers = ("none", "one", "two", "three", "four", "five", "all six")
    for word in ("supported", "contradicted", "undecided"):
        which = [str(number) for number, verdict in cells.verdicts.items() if verdict == word]
        said = re.search(rf"(\w+|all six) (?:is|are) {word}(?: \(([^)]*)\))?", second)
        assert said[1] in numbers[words[word]]
        assert re.findall(r"\d", said[2] or "") == which
        assert len(re.findall(rf"^\d\. .*\*\*{word.capitalize()}\*\*", text, re.MULTILINE)) == words[word]
    found = names(report)
    errors = {run: int((~runs.right(run)).sum()) for run in found}
    best = [run for run in found if errors[run] == min(errors.values())]
    right = runs.right(best[0])
    settings = runs.json(best[0], "run.json")["settings"]
    interval = re.sub(r" %(.*)", r" % (95 % interval \1)", wilson(right.mean(), len(right)))
    under = f"under the protocol {runs.json(best[0], 'run.json')['protocol']}"
    assert first.startswith(f"Of {len(found)} run{'s' * (len(found) != 1)} {under}, ")
    assert f"{best[0]} makes" in first or len(best) > 1
    assert (
        f"the fewest errors: {min(errors.values()):,} of {len(right):,} test images, an accuracy of {interval}" in first
    )
    assert f", after {settings['epochs'] * settings['training_images']:,} training images" in first
    together = re.search(r"the ensemble makes ([\d,]+)\.", first)
    assert (together and together[1]) == board(report).get("ensemble", {}).get("test_errors", (None,))[0]
    check_effects(third, report)


def check_effects(sentence, report):
    """The number of fair comparisons, of those that count, and the three strongest with their sizes."""
    runs, ingredients = report[2], {}
    for (one, other), cells in comparisons(report, "effects").items():
        records = [runs.json(re.sub(r" \(.*", "", name), "run.json") for name in (one, other)]
        if records[0]["settings"] == records[1]["settings"]:
            (flag,) = [flag for flag in FLAGS if records[0][flag] != records[1][flag]]
            value, p = (float(cells[key][1]["data-value"]) for key in ("difference", "adjusted"))
            ingredients[f"{FLAGS[flag]} on {records[0]['architecture']}"] = value, p
    clear = {name: value for name, (value, p) in ingredients.items() if p < 0.05}
    if not ingredients:
        assert sentence == "No two runs differ in one ingredient alone, so none can be judged."
        return
    judged = f"Of {len(ingredients)} comparison{'s' * (len(ingredients) != 1)} of one ingredient alone, "
    if not clear:
        assert sentence == f"{judged}none shows an effect on test accuracy beyond chance."
        return
    assert sentence.startswith(f"{judged}{len(clear)} show{'s' * (len(clear) == 1)} an effect ")
    strongest = sorted(clear, key=lambda name: -abs(clear[name]))[:3]
    said = re.findall(r"([a-z]+(?: normalisation)? on \w+) \(([+−][\d.]+) points\)", sentence)
    assert said == [(name, points(clear[name])) for name in strongest]


def test_one_run_and_one_comparison_are_not_plural(tmp_path):
    write_run(tmp_path, "lenet-plain")
    assert sentences(analysed(tmp_path, "lenet-plain"))[0].startswith("Of 1 run under the protocol fast, lenet-plain ")
    write_run(tmp_path, "lenet-dropout", environment={"hardware": ENVIRONMENT["hardware"] | {"cores": 1}})
    both = analysed(tmp_path, "lenet-plain", "lenet-dropout")
    judged = "Of 1 comparison of one ingredient alone, none shows an effect on test accuracy beyond chance."
    assert sentences(both)[2] == judged
    assert "Some CPU, 1 core, amx_bf16" in markdown_report(both)


def test_why_a_win_does_not_count_names_the_images_of_both(report):
    runs = report[2]
    for key, _, text, _ in report[0].found:
        pairs = re.findall(r"([\w-]+) beats ([\w-]+), but saw ([\d,]+) training images against ([\d,]+)", text)
        for winner, loser, more, fewer in pairs if key == "why" else ():
            seen = [runs.json(run, "run.json")["settings"] for run in (winner, loser)]
            assert [more, fewer] == [f"{one['epochs'] * one['training_images']:,}" for one in seen]
            assert runs.right(winner).mean() > runs.right(loser).mean()


def test_what_contradicts_the_notebook_s_text_is_in_its_figures(report):
    said = {around["conclusion"]: text for key, around, text, _ in report[0].found if key == "clash"}
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
    (printed,) = (text for key, around, text, _ in report[0].found if key == "printed" and around["conclusion"] == 2)
    assert first["lenet"] == []
    assert printed.endswith(f"99 % training accuracy: vgg in epoch {first['vgg'][0]}, lenet never.")


def test_every_keyed_number_belongs_to_something_checked(report):
    known = {"board", "effects", "conclusion", "hard", "printed", "pair", "settings", "origins", "seeds"}
    assert {key for key, _, _, table in report[0].found if table not in known} <= {
        "sentence",
        "hard_total",
        "protocol",
        "head",
        "software",
        "training_id",
    }
