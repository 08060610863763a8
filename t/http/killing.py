"""Kills worker processes of nginx as the kernel does, but not while they change shared memory."""

import os
import pathlib
import signal
import time


def shared_memory_of(worker):
    """The start and end of every part of memory that the worker shares with others."""
    for line in pathlib.Path(f"/proc/{worker}/maps").read_text().splitlines():
        if "rw-s" in line:
            first, last = (int(number, 16) for number in line.split()[0].split("-"))
            yield first, last


def holds_a_lock(worker):
    """True if the worker is changing a zone: its lock, at the zone's beginning, has its number."""
    with open(f"/proc/{worker}/mem", "rb", buffering=0) as memory:
        for first, _ in shared_memory_of(worker):
            memory.seek(first)
            if int.from_bytes(memory.read(8), "little") == worker:
                return True
    return False


def is_stopped(worker):
    return pathlib.Path(f"/proc/{worker}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def kill_between_changes(worker):
    """Kills a worker at any time but while it changes a zone. What NGINX itself keeps there, such as
    the list of cached files, cannot be read after half a change."""
    try:
        while True:
            os.kill(worker, signal.SIGSTOP)
            while not is_stopped(worker):
                time.sleep(0.001)
            if not holds_a_lock(worker):
                break
            os.kill(worker, signal.SIGCONT)
    except PermissionError:  # without the right to read another process's memory, at random
        pass
    os.kill(worker, signal.SIGKILL)
