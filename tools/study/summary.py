"""The front page of a study's results, `study/NAME/README.md`, from the files that the study keeps."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from pipeline.files import read_csv, read_json
from pipeline.reporting import results
from tools.study.keep import RUNS, UNFINISHED
from tools.study.search import Trial

NOTHING = "–"
PRINTED = (True, True, False)  # pooling, dropout, batch normalisation: the networks as the notebook printed them
TITLES = (
    *("run", "epochs", "images seen", "validation accuracy", "test accuracy"),
    *("published", "difference in points", "precision", "hardware", "seconds"),
)


def page(name: str, folder: Path, trials: Sequence[Trial]) -> str:
    """Markdown: the command, a row for each run, the budgets tried, the run that validation data choose."""
    rows = sorted(_rows(folder), key=lambda row: row["run"])
    parts = [f"# Study `{name}`", f"Written by `make study NAME={name}`; its params are in [params.yaml](params.yaml)."]
    parts.append(_table([[row[title] for title in TITLES] for row in rows], TITLES))
    parts += [*_chosen(folder), *_tried(trials)]
    if (folder / "report.html").is_file():
        parts.append("The report, with its verdicts: [report.md](report.md), and with everything report.html.")
        parts.append("![Loss and accuracy of all runs](curves.png)")
    return "\n\n".join(parts) + "\n"


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    """A row for each run, finished or not."""
    published = results.load_published().test
    for path in (*folder.glob(f"{RUNS}/*/run.json"), *folder.glob(f"{UNFINISHED}/*/run.json")):
        run, environment = read_json(path), read_json(path.with_name("environment.json"))
        history = read_csv(path.with_name("history.csv"))
        settings, metrics = run["settings"], path.with_name("metrics.json")
        measured = read_json(metrics)["test_accuracy"] if metrics.is_file() else None
        printed = (run["pooling"], run["dropout"], run["batch_norm"]) == PRINTED
        print_of = published.get(run["architecture"], {}).get("test_accuracy") if printed else None
        yield {
            "run": run["run"],
            "epochs": f"{len(history)} of {settings['epochs']}",
            "images seen": f"{len(history) * settings['training_images']:,}",
            "validation accuracy": _percent(float(history[-1]["val_accuracy"]))
            + (" (test images)" if settings["validation_data"] == "test" else ""),
            "test accuracy": NOTHING if measured is None else _percent(measured),
            "published": NOTHING if print_of is None else _percent(print_of),
            "difference in points": NOTHING if None in (measured, print_of) else f"{100 * (measured - print_of):+.2f}",
            "precision": environment["precision"],
            "hardware": _hardware(environment["hardware"]),
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
        f"Chosen on validation data: **{name}**, {_percent(metrics['val_accuracy'])} there and"
        f" **{_percent(metrics['test_accuracy'])}** on the test images, {metrics['test_errors']} errors."
    ]


def _tried(trials: Sequence[Trial]) -> list[str]:
    if not trials:
        return []
    titles = ("network", "epochs × images", "images seen", "seeds", "mean validation accuracy", "target", "reached")
    rows = [
        [
            trial.network,
            f"{trial.budget.epochs} × {trial.budget.training_images:,}",
            f"{trial.budget.images:,}",
            len(trial.accuracies),
            _percent(trial.mean),
            _percent(trial.target),
            "yes" if trial.reached else "no",
        ]
        for trial in trials
    ]
    said = "Every budget that was tried, judged on validation data alone (each run in [search.csv](search.csv)):"
    return ["## The search", said, _table(rows, titles)]


def _table(rows: Sequence[Sequence[Any]], titles: Sequence[str]) -> str:
    return tabulate(rows, titles, tablefmt="pipe", disable_numparse=True)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _hardware(found: dict[str, Any]) -> str:
    gpus = ", ".join(gpu["name"] for gpu in found["gpus"] or [])
    return gpus or ", ".join([f"{found['processor']}, {found['cores']} cores", *(found["bfloat16"] or [])])
