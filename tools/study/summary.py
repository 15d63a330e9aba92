"""The front page of a study's results, `study/NAME/README.md`, from the files that the study keeps."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from pipeline.formats.tables import read_csv, read_json
from pipeline.reporting import number_format, provenance, results
from tools.study.saved_results import RUNS, UNFINISHED
from tools.study.search import Trial

NOTHING = "–"
TITLES = (
    *("run", "epochs", "images seen", "validation accuracy", "test accuracy"),
    *("published", "difference in points", "precision", "hardware", "seconds"),
)


def page(name: str, folder: Path, trials: Sequence[Trial]) -> str:
    """Markdown: the command, a row for each run, the budgets tried, the run that validation data choose."""
    parts = [f"# Study `{name}`", f"Written by `make study NAME={name}`; its params are in [params.yaml](params.yaml)."]
    parts.append(table([[row[title] for title in TITLES] for row in rows(folder)], TITLES))
    parts += [*_chosen(folder), *_tried(trials)]
    if (folder / "report.html").is_file():
        parts.append("The report, with its verdicts: [report.md](report.md), and with everything report.html.")
        parts.append("![Loss and accuracy of all runs](curves.png)")
    return "\n\n".join(parts) + "\n"


def rows(folder: Path) -> list[dict[str, str]]:
    """A row for each run of a study's folder, finished or not, by title; the published figures are the network's."""
    return sorted(_rows(folder), key=lambda row: row["run"])


def _rows(folder: Path) -> Iterator[dict[str, str]]:
    published = results.load_published().test
    for path in (*folder.glob(f"{RUNS}/*/run.json"), *folder.glob(f"{UNFINISHED}/*/run.json")):
        run, environment = read_json(path), read_json(path.with_name("environment.json"))
        history = read_csv(path.with_name("history.csv"))
        settings, metrics = run["settings"], path.with_name("metrics.json")
        measured = read_json(metrics)["test_accuracy"] if metrics.is_file() else None
        print_of = published.get(run["architecture"], {}).get("test_accuracy")
        yield {
            "run": run["run"],
            "epochs": f"{len(history)} of {settings['epochs']}",
            "images seen": f"{len(history) * settings['training_images']:,}",
            "validation accuracy": number_format.per_cent(float(history[-1]["val_accuracy"]))
            + (" (test images)" if settings["validation_data"] == "test" else ""),
            "test accuracy": NOTHING if measured is None else number_format.per_cent(measured),
            "published": NOTHING if print_of is None else number_format.per_cent(print_of),
            "difference in points": NOTHING
            if None in (measured, print_of)
            else number_format.signed(measured - print_of),
            "precision": environment["precision"],
            "hardware": provenance.machine(environment),
            "seconds": f"{environment['seconds']:,.0f}",
        }


def _chosen(folder: Path) -> list[str]:
    """The run with the best validation accuracy, the lower validation loss among equals, where none is the test's."""
    found = []
    for path in folder.glob(f"{RUNS}/*/metrics.json"):
        if read_json(path.with_name("run.json"))["settings"]["validation_data"] == "test":
            return []
        metrics = read_json(path)
        found.append((metrics["val_accuracy"], -metrics["val_loss"], path.parent.name, metrics))
    if not found:
        return []
    *_, name, metrics = max(found, key=lambda one: one[:3])
    return [
        f"Chosen on validation data: **{name}**, {number_format.per_cent(metrics['val_accuracy'])} there and"
        f" **{number_format.per_cent(metrics['test_accuracy'])}** on the test images, {metrics['test_errors']} errors."
    ]


def _tried(trials: Sequence[Trial]) -> list[str]:
    if not trials:
        return []
    titles = (
        "network",
        "epochs × images",
        "recipe",
        "images seen",
        "seeds",
        "mean validation accuracy",
        "target",
        "reached",
    )
    found = [
        [
            trial.network,
            f"{trial.budget.epochs} × {trial.budget.training_images:,}",
            trial.budget.recipe or NOTHING,
            f"{trial.budget.images:,}",
            len(trial.runs) if trial.complete else f"{len(trial.accuracies)} of {len(trial.runs)}",
            number_format.per_cent(trial.mean),
            number_format.per_cent(trial.target),
            "yes" if trial.reached else "no" if trial.complete else "not yet",
        ]
        for trial in trials
    ]
    said = "Every budget that was tried, judged on validation data alone (each run in [search.csv](search.csv)):"
    return ["## The search", said, table(found, titles)]


def table(rows: Sequence[Sequence[Any]], titles: Sequence[str]) -> str:
    """Aligned Markdown; numbers stay as they are written."""
    return tabulate(rows, titles, tablefmt="pipe", disable_numparse=True)
