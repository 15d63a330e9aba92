"""Compares the runs that `params.yaml` names: writes `results/report.md` and `results/curves.png`."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline import errors, params, results
from pipeline.figures import overview
from pipeline.files import ROOT, write_text
from pipeline.leaderboard import leaderboard, markdown, terminal
from pipeline.results import Result

REPORT = ROOT / "results/report.md"
PICTURE = ROOT / "results/curves.png"
BEGIN, END = "<!-- results -->", "<!-- /results -->"  # around what the README shows too
LEGEND = (
    "MMAC: million multiply-accumulates of one forward pass. Dropout scale: multiplies the printed dropout rates."
    " Errors: of the test images. Published accuracy: on the same images, after 20 epochs of 60,000, for the"
    " networks as printed in 2018. Seconds: training and validation. Bold: the best test accuracy."
)
ON_TEST = (
    "**† Here the test images were the validation data, as in the notebook: these are test figures, seen after every"
    " epoch, and no model may be chosen by them.**"
)
CAPTION = "Points of runs with a single epoch stand side by side at epoch 1."


def page(found: Sequence[Result], missing: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> str:
    """The report in Markdown, `rows` being the leaderboard; `missing` maps a run to the file it lacks."""
    parts = [*protocols(found), markdown(rows) if rows else "No results yet.", LEGEND]
    if any(row["validation_data"] == "test" for row in rows):
        parts.append(ON_TEST)
    if missing:
        parts.append(missing_runs(missing))
    parts += provenance(found)
    return (
        "\n\n".join(["# Results", BEGIN, *parts, END, "![Loss and accuracy of all runs](curves.png)", CAPTION]) + "\n"
    )


def protocols(found: Sequence[Result]) -> list[str]:
    """One line for each protocol: the settings that its runs share, and the names of those in which they differ."""
    lines = []
    for name in dict.fromkeys(result.record["protocol"] for result in found):
        group = [result for result in found if result.record["protocol"] == name]
        settings = [result.record["settings"] for result in group]
        keys = dict.fromkeys(key for one in settings for key in one)
        shared = [key for key in keys if all(one.get(key) == settings[0].get(key) for one in settings)]
        same = _pairs({key: settings[0][key] for key in shared})
        own = ", ".join(_words(key) for key in keys if key not in shared)
        lines.append(f"Protocol `{name}`{_names(group, found)}: {same}{f'; by run: {own}' if own else ''}.")
    return lines


def provenance(found: Sequence[Result]) -> list[str]:
    """One line for each distinct hardware, precision, number of threads and versions."""
    groups: dict[str, list[Result]] = {}
    for result in found:
        groups.setdefault(_machine(result.environment), []).append(result)
    return [f"Trained{_names(group, found)} on {machine}." for machine, group in groups.items()]


def _machine(environment: Mapping[str, Any]) -> str:
    hardware = environment["hardware"]
    gpus = [gpu["name"] for gpu in hardware["gpus"]]
    parts = [hardware["processor"], f"{hardware['cores']} cores", *hardware["bfloat16"], *gpus]
    numerics = f"precision {environment['precision']}, threads {environment['threads']}"
    return f"{', '.join(parts)}; {numerics}; {_pairs(environment['versions'])}"


def missing_runs(missing: Mapping[str, str]) -> str:
    """The runs that `params.yaml` names and that have no complete results."""
    names = ", ".join(f"`{run}` (no {file})" for run, file in missing.items())
    return f"Missing, and so not compared: {names}."


def _names(group: Sequence[Result], found: Sequence[Result]) -> str:
    return "" if len(group) == len(found) else f" ({', '.join(result.run for result in group)})"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{_words(key)} {value}" for key, value in values.items() if value is not None)


def _words(key: str) -> str:
    return key.replace("_", " ")


def main(_: argparse.Namespace) -> None:
    """Write the report and its picture, then print the chief columns."""
    found, missing = results.load(params.load().runs)
    published = results.load_published()
    rows = leaderboard(found, published)
    overview.save_all(PICTURE, [_curves(result) for result in found], published.curves)
    write_text(REPORT, page(found, missing, rows))
    print(terminal(rows))
    if missing:
        print(missing_runs(missing))
    print(f"Written: {REPORT.relative_to(ROOT)}, {PICTURE.relative_to(ROOT)}")


def _curves(result: Result) -> overview.Curves:
    record = result.record
    flags = (record["pooling"], record["dropout"], record["batch_norm"])
    return overview.Curves(result.run, record["architecture"], flags, result.history)


if __name__ == "__main__":
    errors.run(main, argparse.ArgumentParser(description=__doc__))
