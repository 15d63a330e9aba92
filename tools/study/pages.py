"""The Markdown of studies: the page `study/NAME/README.md` of each, and the tables of docs/studies.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from pipeline.core.paths import RESULTS
from pipeline.formats.result_files import read_result
from pipeline.reporting.comparisons import without_seed
from pipeline.reporting.environment import machine
from pipeline.reporting.number_format import per_cent, signed
from pipeline.reporting.published import load_published
from tools.study.plan import STUDIES
from tools.study.saved_results import RUNS, UNFINISHED

NONE = "–"
NAMES = ("notebook", "efficient", "best", "conclusions", "sturdy")  # in the order of docs/studies.md
WITHOUT_AUGMENTATION = ("lenet-batchnorm", "vgg-plain", "vgg-batchnorm")  # runs of params.yaml that `sturdy` repeats
Row = Mapping[str, Any]


def overview() -> str:
    """The tables of docs/studies.md: a row for each run, or for those that differ in their seed, and `sturdy`'s."""
    rows, studies = [], {name: saved_runs(STUDIES / name) for name in NAMES}
    for name, runs in studies.items():
        groups: dict[str, list[Row]] = {}
        for run in runs:
            groups.setdefault(without_seed(run["run"]), []).append(run)
        rows += [{"study": f"[{name}](../study/{name}/README.md)"} | _group_row(same) for same in groups.values()]
    sturdy = [*saved_runs(RESULTS, WITHOUT_AUGMENTATION), *studies["sturdy"]]
    heading = "Accuracy on clean and on corrupted digits, without augmentation and with that of `sturdy`:"
    return "\n\n".join([table(rows), heading, table([_sturdy_row(run) for run in sturdy])])


def study_page(name: str, folder: Path) -> str:
    """The page of a study: its command, its runs, and the run that validation data choose."""
    runs = saved_runs(folder)
    parts = [
        f"# Study `{name}`",
        f"Written by `make study NAME={name}`; its params are in [params.yaml](params.yaml).",
        table([_run_row(run) for run in runs]),
        _best_on_validation([run for run in runs if run["metrics"]]),
    ]
    if (folder / "report.md").is_file():
        parts.append("The report, with its verdicts: [report.md](report.md), and with everything report.html.")
        parts.append("![Test error of each network](accuracy.png)")
        parts.append("![Loss and error rate of all runs](curves.png)")
    return "\n\n".join(filter(None, parts)) + "\n"


def saved_runs(folder: Path, names: Sequence[str] = ("*",)) -> list[dict[str, Any]]:
    """What the tables show of each run in a folder's `runs` and `unfinished`, in the order of their names.

    Fractions and seconds are numbers, None where they are unknown; "published" is the accuracy of the run's network.
    """
    notebook, runs = load_published(), []
    paths = [path for kind in (RUNS, UNFINISHED) for name in names for path in folder.glob(f"{kind}/{name}/run.json")]
    for path in sorted(paths, key=lambda path: _by_seed(path.parent.name)):
        run, environment = read_result(path), read_result(path.with_name("environment.json"))
        history = read_result(path.with_name("history.csv"))
        metrics, stress = path.with_name("metrics.json"), path.with_name("validation_stress.json")
        known = notebook.test if run["data_digest"] == notebook.data_digest else {}
        runs.append(
            {
                "run": run["run"],
                "settings": run["settings"],
                "epochs": len(history),
                "val_accuracy": history[-1]["val_accuracy"],
                "metrics": read_result(metrics) if metrics.is_file() else {},
                "validation_stress": read_result(stress).get("mean_accuracy") if stress.is_file() else None,
                "published": known.get(run["architecture"], {}).get("test_accuracy"),
                "environment": environment,
            }
        )
    return runs


def _by_seed(name: str) -> tuple[str, int, str]:
    return without_seed(name), len(name), name


def _run_row(run: Row) -> dict[str, str]:
    """A row of a study's own page."""
    validated_on = " (test images)" if run["settings"]["validation_data"] == "test" else ""
    return {
        **_progress(run),
        "validation accuracy": per_cent(run["val_accuracy"]) + validated_on,
        **_accuracy([run]),
        "precision": run["environment"]["precision"],
        "hardware": machine(run["environment"]),
        "seconds": f"{run['environment']['seconds']:,.0f}",
    }


def _group_row(runs: Sequence[Row]) -> dict[str, str]:
    """A row of the overview: one run, or the means of several that differ in their seed."""
    first = _progress(runs[0])
    name = without_seed(first["run"]) if len(runs) > 1 else first["run"]
    seconds = float(np.mean([run["environment"]["seconds"] for run in runs]))
    return first | {"run": name, "seeds": str(len(runs)), **_accuracy(runs), "seconds": f"{seconds:,.0f}"}


def _sturdy_row(run: Row) -> dict[str, str]:
    """A row about accuracy on clean and on corrupted digits."""
    metrics = run["metrics"]
    settings = {name: run["settings"].get(name) for name in ("min_contrast", "max_rotation", "max_zoom")}
    return {
        "run": run["run"],
        "augmentation": ", ".join(f"{name} {value}" for name, value in settings.items() if value) or NONE,
        "validation": per_cent(run["val_accuracy"]),
        "corrupted validation": _share(run["validation_stress"]),
        "test": _share(metrics.get("test_accuracy")),
        "corrupted test": _share(metrics.get("stress")),
        "seconds": f"{run['environment']['seconds']:,.0f}",
    }


def _progress(run: Row) -> dict[str, str]:
    settings = run["settings"]
    return {
        "run": run["run"],
        "epochs": f"{run['epochs']} of {settings['epochs']}",
        "images seen": f"{run['epochs'] * settings['training_images']:,}",
    }


def _accuracy(runs: Sequence[Row]) -> dict[str, str]:
    """The mean test accuracy of runs of one network, with its range, beside the published one."""
    found = [run["metrics"]["test_accuracy"] for run in runs if run["metrics"]]
    mean, published = float(np.mean(found)) if found else None, runs[0]["published"]
    spread = f" ({per_cent(min(found))} to {per_cent(max(found))})" if len(found) > 1 else ""
    return {
        "test accuracy": _share(mean) + spread,
        "published": _share(published),
        "difference in points": NONE if None in (mean, published) else signed(mean - published),
    }


def _share(value: float | None) -> str:
    return NONE if value is None else per_cent(value)


def _best_on_validation(runs: Sequence[Row]) -> str:
    """The run with the best validation accuracy, then loss; nothing if any run was validated on the test images."""
    if not runs or any(run["settings"]["validation_data"] == "test" for run in runs):
        return ""
    chosen = max(runs, key=lambda run: (run["metrics"]["val_accuracy"], -run["metrics"]["val_loss"], run["run"]))
    best = chosen["metrics"]
    return (
        f"Chosen on validation data: **{chosen['run']}**, {per_cent(best['val_accuracy'])} there and"
        f" **{per_cent(best['test_accuracy'])}** on the test images, {best['test_errors']} errors."
    )


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with the same keys as an aligned Markdown table."""
    return tabulate(rows, headers="keys", tablefmt="pipe", disable_numparse=True)
