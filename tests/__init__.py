"""The tests, and the workspaces, faults and measurements that they are made of."""

import signal

# A shell lets what it starts in the background ignore Ctrl-C, and that would be handed on to the commands under test.
signal.signal(signal.SIGINT, signal.default_int_handler)
