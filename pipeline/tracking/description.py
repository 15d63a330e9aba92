"""The description of a run in MLflow: a short, readable card in Markdown."""

from typing import Any

from tabulate import tabulate

SHOWN = ("optimizer", "learning_rate", "schedule", "batch_size", "epochs", "training_images", "dropout_scale", "seed")


def run_description(run: dict[str, Any], metrics: dict[str, float] | None, variant: str) -> str:
    """The network, its settings, its layers and its accuracy; `metrics` are None until the run is evaluated."""
    settings = run["settings"]
    how = ", ".join(f"{name.replace('_', ' ')} {settings[name]}" for name in SHOWN)
    parts = [
        f"**{run['architecture']}**, {variant}: {run['parameters']:,} parameters,"
        f" {run['multiply_accumulates'] / 1e6:,.2f} million multiply-accumulates an image.",
        f"Protocol `{run['protocol']}`: {how}.",
    ]
    if settings["validation_data"] == "test":
        parts.append("The validation data are the test set, as in the notebook: no model may be chosen by them.")
    if metrics:
        parts.append(
            f"Test accuracy {metrics['test_accuracy']:.4f} ({metrics['test_errors']} errors),"
            f" validation accuracy {metrics['val_accuracy']:.4f}."
        )
    rows = [
        (layer["layer"], layer["type"], layer["output_shape"], f"{layer['parameters']:,}") for layer in run["layers"]
    ]
    parts.append(tabulate(rows, ("layer", "type", "output", "parameters"), tablefmt="pipe", disable_numparse=True))
    return "\n\n".join(parts)
