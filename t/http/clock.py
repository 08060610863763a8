"""A clock for bounds on time that hold on a busy machine: it nearly stands still while something
there waits for a processor, as the kernel measures it."""

import pathlib
import time

PRESSURE = pathlib.Path("/proc/pressure/cpu")
IS_MEASURED = PRESSURE.exists()  # without it the clock simply runs

# Not the whole of what was waited for counts as none of ours, so that what never ends fails in the
# end, twenty times as late at most.
SHARE = 0.95


def waited():
    """Seconds since boot in which at least one task was ready to run and had no processor."""
    if not IS_MEASURED:
        return 0.0
    return int(PRESSURE.read_text().partition("total=")[2].split()[0]) / 1e6


def quiet():
    """Seconds, from any start: their differences are what an interval would have taken with a
    processor for every task."""
    return time.monotonic() - SHARE * waited()
