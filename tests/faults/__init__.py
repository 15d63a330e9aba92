"""What can go wrong around a command, done to small workspaces from outside; `make faults` prints what came of it."""

from tests.faults import damage, disk, repro, resuming, tracking, training, writes

# Each registers its faults, in this order.
MODULES = (damage, disk, resuming, training, repro, writes, tracking)
