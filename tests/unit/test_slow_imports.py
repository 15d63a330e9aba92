"""What is slow to import waits until it is needed: mistakes, `--help` and the report come without it."""

import subprocess
import sys

from pipeline.core.paths import ROOT


def python(code):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_an_unknown_run_ends_the_command_before_tensorflow_is_imported():
    done = python(
        "import runpy, sys\n"
        "sys.argv = ['pipeline.config', 'nonsense']\n"
        "try:\n"
        "    runpy.run_module('pipeline.config.__main__', run_name='__main__')\n"
        "finally:\n"
        "    print(sorted({'tensorflow', 'keras', 'mlflow', 'dvc', 'matplotlib'} & set(sys.modules)))\n"
    )
    assert done.returncode == 1
    assert done.stdout == "[]\n"
    assert done.stderr.startswith("error: params.yaml: runs.nonsense is unknown (known: lenet-plain, ")
    assert done.stderr.count("\n") == 1


def test_help_of_every_stage_comes_without_tensorflow():
    done = python(
        "import runpy, sys\n"
        "for stage in ('config.__main__', 'fetch', 'preprocess', 'corrupt', 'train', 'evaluate', 'draw', 'report'):\n"
        "    sys.argv = [stage, '--help']\n"
        "    try:\n"
        "        runpy.run_module(f'pipeline.{stage}', run_name='__main__')\n"
        "    except SystemExit as end:\n"
        "        assert end.code == 0, stage\n"
        "print(sorted({'tensorflow', 'keras', 'mlflow'} & set(sys.modules)))\n"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage: ") == 8
    assert done.stdout.endswith("[]\n")
    assert done.stderr == ""


def test_the_report_imports_neither_tensorflow_nor_seaborn():
    done = python(
        "import sys, pipeline.report; print(sorted({'tensorflow', 'keras', 'mlflow', 'seaborn'} & set(sys.modules)))"
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_drawing_a_run_imports_neither_tensorflow_nor_mlflow():
    done = python("import sys, pipeline.draw; print(sorted({'tensorflow', 'keras', 'mlflow'} & set(sys.modules)))")
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_seaborn_and_pyplot_are_not_imported_before_they_are_needed():
    modules = [path.stem for path in (ROOT / "pipeline/figures").glob("[a-z]*.py")]
    assert {"style", "weight_violins"} <= set(modules)
    slow = "{'seaborn', 'matplotlib.pyplot'}"
    done = python(f"import sys; from pipeline.figures import {', '.join(modules)}; print({slow} & set(sys.modules))")
    assert (done.returncode, done.stdout) == (0, "set()\n"), done.stderr
