"""Measures what the processes of an nginx hold: their number, descriptors and memory."""

import dataclasses
import os
import pathlib


def descriptors(process):
    return len(os.listdir(f"/proc/{process}/fd"))


def resident(process):
    """Bytes of memory that are its own or shared."""
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def shared(process):
    """Bytes of shared memory that are mapped, over all mappings that nginx makes for zones."""
    total = 0
    for line in pathlib.Path(f"/proc/{process}/maps").read_text().splitlines():
        if " rw-s " in line:
            first, last = (int(number, 16) for number in line.split()[0].split("-"))
            total += last - first
    return total


@dataclasses.dataclass
class Held:
    """By a master and its workers that answer; of those, the most."""

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
