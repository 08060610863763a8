"""A clock for time limits that hold on a busy machine: it nearly stops while any process waits for
a processor, as measured by the kernel."""

import pathlib
import time

PRESSURE = pathlib.Path("/proc/pressure/cpu")
IS_MEASURED = PRESSURE.exists()  # otherwise the clock is the monotonic one

# Only this share of the waiting time is subtracted, so that the clock never stops: a test that
# hangs still fails, after at most twenty times its limit.
SHARE = 0.95


def seconds_of_waiting():
    """Seconds since boot in which at least one task was ready to run and had no processor."""
    if not IS_MEASURED:
        return 0.0
    return int(PRESSURE.read_text().partition("total=")[2].split()[0]) / 1e6


def fair_time():
    """Seconds since an unspecified start. The difference of two calls is about the time that the
    interval would have taken with a processor for every task."""
    return time.monotonic() - SHARE * seconds_of_waiting()
