"""The Markdown of studies: the page `study/NAME/README.md` of each, and the table of all runs in docs/studies.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from pipeline.formats.result_files import read_result
from pipeline.reporting.environment import machine
from pipeline.reporting.number_format import per_cent, signed
from pipeline.reporting.published import load_published
from tools.study.plan import STUDIES
from tools.study.saved_results import RUNS, UNFINISHED

NONE = "–"
OVERVIEW_COLUMNS = ("run", "epochs", "images seen", "test accuracy", "published", "difference in points", "seconds")


def overview() -> str:
    """The table of docs/studies.md: a row for each run."""
    return table(
        [
            {"study": f"[{name}](../study/{name}/README.md)"} | {column: row[column] for column in OVERVIEW_COLUMNS}
            for name in ("notebook", "efficient", "best")
            for row in run_rows(STUDIES / name)
        ]
    )


def study_page(name: str, folder: Path) -> str:
    """The page of a study: its command, its runs, and the run that validation data choose."""
    parts = [
        f"# Study `{name}`",
        f"Written by `make study NAME={name}`; its params are in [params.yaml](params.yaml).",
        table(run_rows(folder)),
        _best_on_validation(folder),
    ]
    if (folder / "report.md").is_file():
        parts.append("The report, with its verdicts: [report.md](report.md), and with everything report.html.")
        parts.append("![Loss and accuracy of all runs](curves.png)")
    return "\n\n".join(filter(None, parts)) + "\n"


def run_rows(folder: Path) -> list[dict[str, str]]:
    """A table row for each run saved in a study's folder, finished or not; "published" is its network's accuracy."""
    rows, notebook = [], load_published()
    paths = [*folder.glob(f"{RUNS}/*/run.json"), *folder.glob(f"{UNFINISHED}/*/run.json")]
    for path in sorted(paths, key=lambda path: path.parent.name):
        run, environment = read_result(path), read_result(path.with_name("environment.json"))
        settings, history = run["settings"], read_result(path.with_name("history.csv"))
        metrics = path.with_name("metrics.json")
        accuracy = read_result(metrics)["test_accuracy"] if metrics.is_file() else None
        known = notebook.test if run["data_digest"] == notebook.data_digest else {}
        published = known.get(run["architecture"], {}).get("test_accuracy")
        validated_on = " (test images)" if settings["validation_data"] == "test" else ""
        row = {
            "run": run["run"],
            "epochs": f"{len(history)} of {settings['epochs']}",
            "images seen": f"{len(history) * settings['training_images']:,}",
            "validation accuracy": per_cent(history[-1]["val_accuracy"]) + validated_on,
            "test accuracy": NONE if accuracy is None else per_cent(accuracy),
            "published": NONE if published is None else per_cent(published),
            "difference in points": NONE if None in (accuracy, published) else signed(accuracy - published),
            "precision": environment["precision"],
            "hardware": machine(environment),
            "seconds": f"{environment['seconds']:,.0f}",
        }
        rows.append(row)
    return rows


def _best_on_validation(folder: Path) -> str:
    """The run with the best validation accuracy, then loss; nothing if any run was validated on the test images."""
    metrics = {path.parent.name: read_result(path) for path in folder.glob(f"{RUNS}/*/metrics.json")}
    records = [read_result(folder / RUNS / run / "run.json") for run in metrics]
    if not metrics or any(record["settings"]["validation_data"] == "test" for record in records):
        return ""
    name = max(metrics, key=lambda run: (metrics[run]["val_accuracy"], -metrics[run]["val_loss"], run))
    best = metrics[name]
    return (
        f"Chosen on validation data: **{name}**, {per_cent(best['val_accuracy'])} there and"
        f" **{per_cent(best['test_accuracy'])}** on the test images, {best['test_errors']} errors."
    )


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with the same keys as an aligned Markdown table."""
    return tabulate(rows, headers="keys", tablefmt="pipe", disable_numparse=True)
