"""Make harmless what a person's shell, notebook, container or configuration files set.

Every process of the project enters here: `pipeline/__init__.py` calls `enter` before anything else is imported, and
`.venv/bin/activate` does what this file prints, for programs of others such as dvc and mlflow. Standard library only.
"""

import getpass
import os
import shlex
import shutil
import stat
import sys
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SITE_CACHE = "DVC_SITE_CACHE_DIR"
NOWHERE = "/nonexistent"  # Debian's home of users without one

ALWAYS = {
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": os.devnull,  # where no keras.json can be, so Keras' own defaults apply
    "PYTHONUTF8": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # it would start half a dozen idle processes
}
UNLESS_SET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "1",  # TensorFlow leaves it off on x86 CPUs without AVX512-VNNI or newer
}
NEVER = (
    *("MPLBACKEND", "MATPLOTLIBRC"),  # figures are drawn without a backend, in a style of their own
    *("TF_USE_LEGACY_KERAS", "KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED"),
    *("PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONSTARTUP", "PYTHONINSPECT"),
    *("PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONIOENCODING"),
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_COMMON_DIR"),  # set in hooks
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
)
OF_A_STAGE = ("DVC_ROOT", "DVC_STAGE", "DVC_EXP_NAME", "DVC_EXP_BASELINE_REV")
NUMERICAL = (  # they change bits, so a training records them; names only, since a prefix such as TF_ holds secrets, too
    *("TF_XLA_FLAGS", "XLA_FLAGS", "TF_DISABLE_MKL", "TF_ENABLE_MKL_NATIVE_FORMAT", "TF_SET_ONEDNN_FPMATH_MODE"),
    *("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_CPU_ISA_HINTS", "DNNL_CPU_ISA_HINTS"),
    *("ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE", "NVIDIA_TF32_OVERRIDE", "NPY_DISABLE_CPU_FEATURES"),
    *("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"),
)


def changes(environ: Mapping[str, str]) -> dict[str, str | None]:
    """The variables of `environ` that must change: the new value of each, None for one that must go."""
    wanted: dict[str, str | None] = {
        **dict.fromkeys(NEVER),
        **ALWAYS,
        **{name: value for name, value in UNLESS_SET.items() if name not in environ},
        **_account(environ),
    }
    programs, path = os.path.dirname(sys.executable), environ.get("PATH", os.defpath)
    if programs not in path.split(os.pathsep):  # .venv is not activated
        wanted["PATH"] = f"{programs}{os.pathsep}{path}"
    root = environ.get("DVC_ROOT")
    if root is None or not _is_this_project(Path(root)):
        wanted |= dict.fromkeys(OF_A_STAGE)  # of another project's stage, which started this process
        root = PROJECT
    wanted[SITE_CACHE] = str(Path(root) / ".site-cache")
    return {name: value for name, value in wanted.items() if environ.get(name) != value}


def numerical_settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables in `environ` that change the bits of a result."""
    return {name: environ[name] for name in NUMERICAL if name in environ}


def enter() -> None:
    """Apply the changes to this process, and give it standard streams and a private folder for DVC."""
    _open_streams()
    if sys.flags.optimize > 1:
        sys.exit("error: PYTHONOPTIMIZE=2 (or python -OO) removes docstrings, and MLflow fails without; unset it")
    if "PYTHONWARNINGS" in os.environ:  # such as "error"; Python has applied it by now
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", category)
    for name, value in changes(os.environ).items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    make_private(Path(os.environ[SITE_CACHE]))


def make_private(folder: Path) -> None:
    """Create a folder that this user alone can enter, or empty it where others could enter it until now.

    DVC unpickles what it finds in it, and would create it for everybody. In a checkout that cannot be written, it stays
    missing, and DVC says so.
    """
    with suppress(OSError):  # there is none, or another process is doing the same
        if folder.is_symlink() or stat.S_IMODE(folder.stat().st_mode) & 0o077:
            trash = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
            folder.rename(trash)
            trash.unlink() if trash.is_symlink() else shutil.rmtree(trash)
    with suppress(OSError):
        folder.mkdir(mode=0o700)


def _account(environ: Mapping[str, str]) -> dict[str, str]:
    """A name and a home for a user id that has none, as in a container; dvc and mlflow ask for both."""
    missing = {}
    try:
        getpass.getuser()
    except (KeyError, OSError):
        missing["LOGNAME"] = f"uid-{os.getuid()}"
    if os.path.expanduser("~") == "~":
        missing["HOME"] = NOWHERE
    return missing


def _is_this_project(root: Path) -> bool:
    """Whether `root` is this checkout, or the checkout that this one is a temporary copy of (`dvc exp run`)."""
    return (root / Path(__file__).resolve().relative_to(PROJECT)).is_file() and (
        root.resolve() == PROJECT or PROJECT.is_relative_to(root.resolve() / ".dvc/tmp")
    )


def _open_streams() -> None:
    """Open what is closed of standard input, output and errors, so that no file of ours takes their place."""
    for name in ("stdin", "stdout", "stderr"):  # in the order of their numbers: a file gets the lowest that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r+" if name == "stdin" else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def main() -> None:
    """Print the changes for a POSIX shell."""
    wanted = changes(os.environ)
    for name, value in wanted.items():
        print(f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}")
    make_private(Path(wanted.get(SITE_CACHE) or os.environ[SITE_CACHE]))


if __name__ == "__main__":
    main()
