"""The cores of a container are its quota, not its host's."""

from pathlib import Path

import pytest

from pipeline.runtime import cores


def write(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, [1.5]),  # version 2, as a container sees it
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "300000 100000\n"}, [3.0]),  # a parent's
        ("0::/host/path\n", {"cpu.max": "200000 100000\n"}, [2.0]),  # a path of the host, missing here
        (
            "3:cpu,cpuacct:/x\n0::/\n",
            {"cpu,cpuacct/x/cpu.cfs_quota_us": "50000\n", "cpu,cpuacct/x/cpu.cfs_period_us": "100000\n"},
            [0.5],
        ),
        ("3:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, []),
        ("3:cpuset:/\n", {"cpuset/cpu.max": "100000 100000\n"}, []),
        ("0::/\n", {"cpu.max": "nonsense"}, []),
        (None, {}, []),
    ],
)
def test_quotas(tmp_path, membership, files, expected):
    write(tmp_path / "cgroup", files)
    if membership is not None:
        write(tmp_path, {"self": membership})
    assert list(cores.cgroup_quotas(tmp_path / "cgroup", tmp_path / "self")) == expected


@pytest.mark.parametrize(("quotas", "expected"), [([], 8), ([1.5], 2), ([0.2], 1), ([64.0], 8), ([3.0, 2.0], 2)])
def test_usable_cores(monkeypatch, quotas, expected):
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(8)), raising=False)
    monkeypatch.setattr(cores, "cgroup_quotas", lambda root, membership: iter(quotas))
    assert cores.usable_cores() == expected
