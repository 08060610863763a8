"""A flood: one process that requests new targets over many connections, as fast as they are
answered, until it is stopped. The tests measure its effect on other clients."""

import asyncio
import collections
import contextlib
import itertools
import json
import subprocess
import sys


class Flood:
    """`target` may contain {n}, a different number in each request, or {wide} and {quality}, which
    make 20000 different pairs of a small width and a quality."""

    def __init__(self, port, target, connections=16, method="GET"):
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(port), target, str(connections), method],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()  # every connection has been answered once

    def stop(self):
        """Stops the process and returns how often each status was answered."""
        answered, _ = self.process.communicate("stop\n", timeout=120)
        return collections.Counter({int(status): count
                                    for status, count in json.loads(answered).items()})


@contextlib.contextmanager
def flooded(port, target, **options):
    """Floods during the block. The counter it yields has the answers' statuses after the block."""
    statuses = collections.Counter()
    flood = Flood(port, target, **options)
    try:
        yield statuses
    finally:
        statuses.update(flood.stop())


async def answer(reader):
    """Reads one answer; returns its status and whether nginx closes the connection."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    for line in head.split("\r\n"):
        if line.startswith("content-length:"):
            await reader.readexactly(int(line.partition(":")[2]))
    return int(head[9:12]), "connection: close" in head


async def connection(port, requests, counted, first):
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        closes = False
        while not closes:
            writer.write(next(requests))
            status, closes = await answer(reader)
            counted[status] += 1
            first.set()
        writer.close()


def filled(target, number):
    return target.format(n=number, wide=300 + number % 200, quality=1 + number // 200 % 100)


async def run(port, target, connections, method):
    requests = (f"{method} {filled(target, number)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
                for number in itertools.count(1))
    counted, firsts = collections.Counter(), [asyncio.Event() for _ in range(connections)]
    tasks = [asyncio.create_task(connection(port, requests, counted, first)) for first in firsts]
    await asyncio.gather(*(first.wait() for first in firsts))
    print("under way", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for task in tasks:
        task.cancel()
    print(json.dumps(counted), flush=True)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]))
