"""How many cores this process may use: what is assigned to it, and no more than a container's quota."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """The number of cores assigned to this process, at most its cgroups' quota, rounded up."""
    assigned = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([assigned, *(math.ceil(quota) for quota in cgroup_quotas(CGROUPS, MEMBERSHIP))])


def cgroup_quotas(root: Path, membership: Path) -> Iterator[float]:
    """The CPU quotas, in cores, of this process's cgroup and all above it; nothing outside Linux.

    Args:
        root: Where cgroups are mounted, of version 2 or 1.
        membership: Lists this process's cgroups, a line `ID:CONTROLLERS:PATH` each.
    """
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "" or "cpu" in controllers.split(","):
            mounted = root / controllers if controllers else root
            group = mounted / path.lstrip("/")  # missing in a container that sees its own cgroup as the root
            for folder in (group, *group.parents):
                yield from _quota(folder)
                if folder == mounted:
                    break


def _quota(folder: Path) -> Iterator[float]:
    """One cgroup's quota, if it has any: `cpu.max` of version 2, or the two files of version 1."""
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        else:
            quota, period = (
                (folder / f"cpu.cfs_{name}_us").read_text(encoding="ascii") for name in ("quota", "period")
            )
        if quota != "max" and int(quota) > 0:
            yield int(quota) / int(period)
    except (OSError, ValueError):
        return
