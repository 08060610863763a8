"""Measures what an idle nginx holds: connections, descriptors, places for renders and gauges; and
checks the new lines of its log."""

import collections
import contextlib
import json
import os
import pathlib
import re
import threading
import time

import nginx
import pictures
import signing
from clock import fair_time
from test_single_flight import Visitors

# How many may hold a place in each worker, and how many idle connections to the origin it keeps.
RENDERS, QUEUE, IDLE = 1, 16, 4

HTTP = """
    private_image_cache_path {{ folder }}/cache levels=1:2 keys_zone=derivatives:1m;
    proxy_cache_path {{ folder }}/originals keys_zone=originals:1m;
    upstream kept { server {{ origin | replace("http://", "") }}; keepalive %d; }
    add_header X-Cache $private_image_cache_status always;
""" % IDLE

# With a cache and without one, over connections that are kept and over HTTP/1.0.
LOCATIONS = """
    listen 127.0.0.1:{{ port_of("spread") }} reuseport;
    location = /pid  { return 200 $pid; }
    location = /json { private_image_status json; }
    private_image_key img.key;
    private_image_renders %d queue=%d;
    private_image_effort avif=7;
    {%% for patience in ("", "hasty-") %%}
    {%% for protocol in ("kept", "old") %%}{%% for store in ("plain", "cached") %%}
    location ^~ /{{ patience }}{{ protocol }}/{{ store }}/ {
        private_image imagekit;
        {%% if patience %%} proxy_read_timeout 500ms; {%% endif %%}
        {%% if store == "cached" %%}
        private_image_cache derivatives;
        proxy_cache originals;
        proxy_cache_valid 200 206 10m;
        {%% endif %%}
        {%% if protocol == "kept" %%}
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_pass http://kept/;
        {%% else %%}
        proxy_http_version 1.0;
        proxy_set_header Connection close;
        proxy_pass {{ origin }}/;
        {%% endif %%}
    }
    {%% endfor %%}{%% endfor %%}{%% endfor %%}
""" % (RENDERS, QUEUE)

# For further sites: with short timeouts, and with small buffers for clients that do not read.
STRICT = """
    server {
        listen 127.0.0.1:{{ port_of("strict") }} sndbuf=32k;
        listen 127.0.0.1:{{ port_of("strict h2") }} http2 sndbuf=32k;
        client_header_timeout 500ms;
        send_timeout 500ms;
        {% for protocol in ("kept", "old") %}
        location ^~ /{{ protocol }}/plain/ { private_image imagekit; proxy_pass {{ origin }}/; }
        location ^~ /{{ protocol }}/cached/ {
            private_image imagekit;
            private_image_cache derivatives;
            proxy_cache originals;
            proxy_pass {{ origin }}/;
        }
        {% endfor %}
    }
"""

# The figures of work in progress.
GAUGES = ("renders_running", "renders_waiting", "oldest_wait_seconds", "requests_waiting",
          "source_held_bytes")


def signed(target):
    """The target with the signature of its location, whose name has two parts."""
    return signing.imagekit(target, "/".join(target.split("/")[:3]) + "/")


@contextlib.contextmanager
def logged(site, *patterns, perhaps=()):
    """Checks that each line about an error matches one of the patterns, and that each pattern has a
    line, except those in `perhaps`."""
    since = len(site.log())
    yield
    lines = [line for line in site.log_since(since).splitlines()
             if nginx.ALLOWED_IF_EXPECTED.search(line) or nginx.NEVER_ALLOWED.search(line)]
    announced = (*patterns, *perhaps)
    strange = [line for line in lines if not any(re.search(one, line) for one in announced)]
    assert not strange, "not announced:\n" + "\n".join(strange)
    missing = [one for one in patterns if not any(re.search(one, line) for line in lines)]
    assert not missing, f"no line like {missing}"
    site.expect_errors(*announced)


def gauges(site):
    reported = json.loads(site.get("/json").body)
    return {name: reported["private_image_" + name] for name in GAUGES}


def wait_for_gauge(site, name, value, seconds=20):
    until = fair_time() + seconds
    while (reported := gauges(site)[name]) != value:
        assert fair_time() < until, f"{name} is {reported}"
        time.sleep(0.005)


def connections():
    """{inode: (local port, remote port)} of the IPv4 connections."""
    found = {}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *rest = line.split()
        if state != "0A":  # it listens
            found[rest[5]] = tuple(int(one.partition(":")[2], 16) for one in (local, remote))
    return found


class Rest:
    """What nginx holds while idle. Made while nothing runs; wait() later compares with it."""

    def __init__(self, site, origin):
        self.site, self.origin = site, origin
        self.visitors = Visitors(site)
        self.workers = sorted(self.visitors.workers())
        assert len(self.workers) == 2
        self.assert_places_are_free()  # and what is opened once, is open now
        self.others = {worker: self._held(worker)["others"] for worker in self.workers}

    def wait(self, seconds=20):
        """Waits until nothing runs and no more is held than at the beginning."""
        until = fair_time() + seconds
        while surplus := self._surplus():
            assert fair_time() < until, f"nginx does not come to rest: {surplus}"
            time.sleep(0.01)

    def assert_places_are_free(self):
        """Every worker admits exactly as many renders as its queue has places."""
        held = threading.Event()
        path = self.origin.publish(pictures.plain(), private=False, held=held)
        target = signed(f"/kept/plain/tr:w-20{path}")
        admitted = []
        try:
            for worker in self.workers:
                for _ in range(RENDERS + QUEUE):
                    admitted.append(self.visitors.connect(worker))
                    admitted[-1].connection.send(target)
                self.origin.wait_for(path, len(admitted))
                with self.visitors.connect(worker).connection as connection:
                    assert connection.request(target).verdict == (503, "busy")
        finally:
            held.set()
        answered = self.visitors.receive(admitted)
        assert {visit.answer.verdict for visit in answered} == {(200, "public")}

    def _surplus(self):
        found = {name: value for name, value in gauges(self.site).items() if value}
        for worker in self.workers:
            held = self._held(worker)
            if held["clients"] or held["origin"] > IDLE or held["others"] > self.others[worker]:
                found[worker] = held
        return found

    def _held(self, worker):
        """The numbers of descriptors for clients, for the origin, and for everything else."""
        held, known = collections.Counter(), connections()
        for descriptor in pathlib.Path(f"/proc/{worker}/fd").iterdir():
            try:
                name = os.readlink(descriptor)
            except OSError:
                continue  # closed meanwhile
            ports = known.get(name.removeprefix("socket:[").removesuffix("]"))
            kind = "others" if ports is None else "clients"
            held["origin" if ports and ports[1] == self.origin.port else kind] += 1
        return held
