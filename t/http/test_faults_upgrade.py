"""The binary upgrade under load, and its rollback; how fast workers end on QUIT, TERM and
worker_shutdown_timeout while renders run and requests wait."""

import os
import re
import signal
import subprocess
import time

import pytest

import client
import nginx
import pictures
from caching import HTTP, UNSIGNED, cache_verdict, published, signed, small
from clock import fair_time
from figures import assert_at_rest, soon
from load import Load
from visitors import (SPREAD, Visitors, no_request_is_answered, release, verdicts,
                      wait_until_all_wait)

SITE = SPREAD + """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_effort avif=7;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location = /metrics { private_image_status prometheus; }
"""

LOST = r"\[error\].*(private_image: origin_error|upstream prematurely closed)"
KILLED = r"\[alert\].*worker process \d+ exited on signal 9"

# Renders of a noisy picture: the first takes ten seconds, but ends soon after it is cancelled; the
# second has an encoder that cannot be cancelled, and takes longer than NGINX waits for workers.
CANCELLABLE = "w-7000,bl-100:bl-90:bl-80:bl-70:bl-60:bl-50,f-png"
NOT_CANCELLABLE = "w-900,f-avif,q-60"


# The binary upgrade

class Daemon(nginx.Nginx):
    """An nginx with "daemon on", since only such a master obeys USR2 and WINCH. Its pid files name
    the masters."""

    def start(self):
        self.stderr = open(self.folder.path / "logs/stderr.log", "ab")
        self.process = subprocess.Popen(self.folder.command(), stdout=self.stderr,
                                        stderr=self.stderr)
        assert self.process.wait(client.TIMEOUT) == 0, self.all_output()
        self.wait_for_master("nginx.pid", None)

    def master(self, name="nginx.pid"):
        try:
            return int((self.folder.path / name).read_text())
        except (OSError, ValueError):
            return None

    def wait_for_master(self, name, other_than):
        until = fair_time() + 15
        while (master := self.master(name)) in (None, other_than):
            assert fair_time() < until, f"no {name}:\n{self.log()}"
            time.sleep(0.01)
        return master

    def quit(self):
        for name in ("nginx.pid", "nginx.pid.oldbin"):
            if (master := self.master(name)) is not None:
                os.kill(master, signal.SIGQUIT)

    def stop(self):
        masters = [self.master("nginx.pid"), self.master("nginx.pid.oldbin")]
        self.quit()
        try:
            for master in filter(None, masters):
                wait_until_ended(master)
            return []
        finally:
            self.stderr.close()


def is_running(process):
    """False also for a zombie, whose parent has not waited for it yet."""
    try:
        with open(f"/proc/{process}/stat", encoding="latin-1") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until_ended(process, seconds=20):
    started = fair_time()
    while is_running(process):
        assert fair_time() < started + seconds, f"{process} stays"
        time.sleep(0.01)
    return fair_time() - started


def children(master):
    with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as file:
        return {int(child) for child in file.read().split()}


def workers_of(master, count):
    """Waits until `count` children of a master are workers that answer."""
    until = fair_time() + 15
    while True:
        found = set()
        for child in children(master):
            try:
                with open(f"/proc/{child}/cmdline", encoding="latin-1") as file:
                    if "worker process" in file.read():
                        found.add(child)
            except OSError:
                pass
        if len(found) == count:
            return found
        assert fair_time() < until, f"{master} has {len(found)} workers instead of {count}"
        time.sleep(0.01)


@pytest.fixture
def daemon(folder):
    place = folder()
    place.configure(server=SITE, http=HTTP, daemon=True)
    daemon = Daemon(place)
    yield daemon
    failures = daemon.stop() + daemon.unexpected_lines()
    assert not failures, failures


class Requests:
    def __init__(self, site, origin):
        self.site = site
        self.public, self.secret = published(origin), published(origin, private=True)

    def ask(self, thread, turn):
        for target, verdict in [(small(self.public), (200, "public")),
                                (small(self.public, options=f"w-{turn + 99}"), (200, "public")),
                                (signed(small(self.secret)), (200, "signed")),
                                (small(self.secret), UNSIGNED), ("/ik" + self.secret, UNSIGNED)]:
            answer = self.site.get(target)
            assert answer.verdict == verdict, (target, answer)


@pytest.mark.parametrize("end", ["completed", "rolled back"])
def test_a_binary_upgrade_fails_no_request(daemon, origin, held, end):
    requests = Requests(daemon, origin)
    visitors = Visitors(daemon)
    path = published(origin, held=held)
    old = daemon.master()
    workers_of(old, 2)
    before = visitors.come(small(path), 4)
    origin.wait_for(path)
    with Load(requests.ask, 3) as load:
        os.kill(old, signal.SIGUSR2)
        new = daemon.wait_for_master("nginx.pid", old)
        assert daemon.master("nginx.pid.oldbin") == old
        fresh = workers_of(new, 2)
        os.kill(old, signal.SIGWINCH)
        # The new binary has its own zone, so that its workers fetch the image themselves.
        after = visitors.come(small(path), 2, workers=fresh)
        origin.wait_for(path, 2)
        wait_until_all_wait(visitors)
        assert no_request_is_answered(before + after)
        if end == "completed":
            held.set()
            os.kill(old, signal.SIGQUIT)
            wait_until_ended(old)
            assert workers_of(new, 2) == fresh
        else:
            os.kill(old, signal.SIGHUP)
            workers_of(old, 4)  # two of them finish their requests and end
            os.kill(new, signal.SIGQUIT)
            held.set()
            wait_until_ended(new)
            workers_of(old, 2)
            daemon.wait_for_master("nginx.pid", new)
            assert daemon.master() == old
        visitors.receive(before + after)
    assert not load.failures, load.failures[:5]
    assert verdicts(before + after) == {(200, "public"): 6}
    assert len(origin.requests(path)) == 2
    assert cache_verdict(daemon.get(small(path))) == (200, "HIT")
    assert_at_rest(daemon)


# QUIT, TERM and worker_shutdown_timeout

@pytest.fixture
def hurried(gate):
    """An nginx whose old workers end after half a second."""
    site = gate(SITE, http=HTTP, main="worker_shutdown_timeout 500ms;")
    site.expect_errors(LOST)
    return site


def test_worker_shutdown_timeout_ends_renders_and_waiting_requests(hurried, origin, held):
    visitors = Visitors(hurried)
    path, noise = published(origin, held=held), published(origin, pictures.noise(1000, 800))
    waiting = visitors.come(small(path), 4)
    rendering = visitors.come(small(noise, options=CANCELLABLE), 2)
    origin.wait_for(path)
    soon(hurried, "renders_running", lambda number: number >= 1)
    old = hurried.answering()
    since = len(hurried.log())
    hurried.process.send_signal(signal.SIGHUP)
    fresh = visitors.come(small(path), 3, workers=hurried.workers_beside(old))
    visitors.receive(waiting)
    assert verdicts(waiting) == {None: 4}
    hurried.wait_until_gone({str(worker) for worker in old}, seconds=6)
    # A request that waits in a new worker fetches the image itself.
    origin.wait_for(path, 2, seconds=3)
    assert release(held, visitors, fresh) < 1
    assert verdicts(fresh) == {(200, "public"): 3}
    visitors.receive(rendering)
    assert "exited on signal" not in hurried.log_since(since)
    assert hurried.get(small(noise)).status == 200
    assert_at_rest(hurried)


@pytest.fixture
def leaving(gate):
    site = gate(SITE, http=HTTP)
    site.expect_errors(LOST)
    return site


def test_quit_finishes_renders_and_waiting_requests(leaving, origin):
    visitors = Visitors(leaving)
    noise = published(origin, pictures.noise(400, 400))
    visits = visitors.come(small(noise, options="w-240,f-avif,q-50"), 4)
    soon(leaving, "renders_running", 1)
    leaving.quit()
    visitors.receive(visits)
    assert verdicts(visits) == {(200, "public"): 4}
    assert leaving.process.wait(client.TIMEOUT) == 0
    origin.only_request(noise)


def test_term_ends_nginx_soon_while_a_render_runs(leaving, origin):
    """NGINX waits a second and a half for its workers, then kills them."""
    leaving.allow_emergency(KILLED)
    visitors = Visitors(leaving)
    noise = published(origin, pictures.noise(1000, 800))
    visits = visitors.come(small(noise, options=NOT_CANCELLABLE), 4)
    soon(leaving, "renders_running", 1)
    started = fair_time()
    leaving.process.terminate()
    assert leaving.process.wait(client.TIMEOUT) == 0
    assert fair_time() - started < 5
    leaving.wait_for_log(KILLED)
    visitors.receive(visits)
    assert verdicts(visits) == {None: 4}
    for file in (leaving.folder.path / "cache").rglob("*"):
        assert not file.is_file() or re.search(r"\.\d{10}$", file.name)
    leaving.start()
    assert leaving.get(small(noise)).verdict == (200, "public")
    assert_at_rest(leaving)
