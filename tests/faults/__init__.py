"""Everything that can go wrong, done to small workspaces from outside; `make faults` prints what came of it."""

from tests.faults import (
    anything,
    damage,
    disk,
    download,
    mistakes,
    raw,
    repro,
    resuming,
    server,
    tracking,
    training,
    writes,
)

# Each registers its faults, in this order.
MODULES = (
    mistakes,
    anything,
    download,
    raw,
    damage,
    disk,
    resuming,
    training,
    repro,
    writes,
    tracking,
    server,
)
