"""Measures what the processes of an nginx hold: their number, descriptors and memory."""

import dataclasses
import os
import pathlib


def descriptors(process):
    return len(os.listdir(f"/proc/{process}/fd"))


def resident(process):
    """Bytes of resident memory, private and shared."""
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def shared(process):
    """Bytes of the shared memory that nginx maps for zones."""
    total = 0
    for line in pathlib.Path(f"/proc/{process}/maps").read_text().splitlines():
        if " rw-s " in line:
            first, last = (int(number, 16) for number in line.split()[0].split("-"))
            total += last - first
    return total


@dataclasses.dataclass
class Held:
    """The resources of a master and the maxima of its workers that answer."""

    processes: int
    descriptors: int
    worker_descriptors: int
    shared: int
    worker_shared: int
    resident: int
    worker_resident: int


def held_by(site):
    master, workers = site.process.pid, site.answering()
    return Held(len(site.workers()), descriptors(master), max(map(descriptors, workers)),
                shared(master), max(map(shared, workers)), resident(master),
                max(map(resident, workers)))
