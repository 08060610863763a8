"""Workers share their render capacity: one that has all connections uses the capacity of idle ones,
but no more than that, also after another was killed, and no more than its threads."""

import concurrent.futures
import os
import re
import signal
import time

import pytest

import pictures
from http2 import Http2

WORKERS = 2
SITE = """
    private_image_effort avif=7;
    private_image_renders 1 queue=20;
    server {
        listen 127.0.0.1:{{ port_of('h2') }} http2;
        location ^~ /cf/ { private_image cloudflare; {{ more }} proxy_pass {{ origin }}/; }
    }
"""


@pytest.fixture
def noise(origin):
    return origin.publish(pictures.noise(400, 400), private=False)


def running(site):
    text = site.get("/metrics").body.decode()
    return int(re.search(r"^private_image_renders_running (\d+)", text, re.M)[1])


class Renders:
    """Simultaneous renders of about a second each, over one connection and therefore in one
    worker."""

    def __init__(self, site, noise, count):
        self.site = site
        self.connection = Http2(site.folder.port("h2"))
        for number in range(count):
            self.connection.ask(f"/cf{noise}/w={220 + number},f=avif,q=50")
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.answers = self.pool.submit(self.connection.receive)

    def max_at_once(self):
        """The maximum of running renders until all requests were answered with their image."""
        most = 0
        while not self.answers.done():
            most = max(most, running(self.site))
            time.sleep(0.01)
        assert {answer[0] for answer in self.answers.result().values()} == {200}
        return most

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.__exit__()
        self.pool.shutdown()


def make(gate, more="", main="", workers=WORKERS):
    server = "location = /metrics { private_image_status prometheus; }"
    return gate(server, http=SITE, main=main, workers=workers, more=more)


def test_one_worker_uses_the_capacity_of_idle_ones(gate, noise):
    site = make(gate)
    with Renders(site, noise, 5) as renders:
        assert renders.max_at_once() == WORKERS
    assert running(site) == 0


def test_a_worker_that_needs_its_share_has_it_at_once(gate, noise):
    """It does not wait for renders that another worker runs in its share."""
    site = make(gate)
    with Renders(site, noise, 3) as one, Renders(site, noise, 3) as other:
        assert max(one.max_at_once(), other.max_at_once()) <= 2 * WORKERS - 1


def test_the_renders_of_a_killed_worker_do_not_count(gate, noise):
    site = make(gate)
    site.allow_emergency(r"exited on signal 9")
    with Renders(site, noise, 2):
        while running(site) < WORKERS:
            time.sleep(0.01)
        for worker in site.workers():
            os.kill(int(worker), signal.SIGKILL)
    site.wait_until_listening()
    with Renders(site, noise, 5) as renders:
        assert renders.max_at_once() == WORKERS


def test_waiting_for_a_thread_does_not_count_towards_the_render_timeout(gate, noise):
    """One thread runs eight renders in turn; the last one waits longer than the render timeout."""
    started = time.monotonic()
    with Renders(make(gate), noise, 1) as renders:
        renders.max_at_once()
    most = max(1, round(5 * (time.monotonic() - started)))
    site = make(gate, main="thread_pool single threads=1;", workers=8,
                more=f"private_image_thread_pool single; private_image_render_timeout {most}s;"
                     " private_image_timeout 5m;")
    with Renders(site, noise, 8) as renders:
        renders.max_at_once()
