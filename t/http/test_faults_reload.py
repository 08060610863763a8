"""Reloads: a hundred of them under load without a failed request or a leak; reloads with another
configuration, with an invalid one, and while renders run and requests wait."""

import itertools
import mmap
import os
import re
import signal
import time

import pytest

import pictures
import signing
from caching import HTTP, UNSIGNED, cache_verdict, published, signed, small
from figures import assert_at_rest, figures, key, soon
from load import Load
from resources import held_by
from visitors import SPREAD, Visitors, no_request_is_answered, verdicts, wait_until_all_wait

SITE = SPREAD + """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_effort avif=7;
    private_image_variant open public w=20,watermark=logo;
    {% if limit is defined %}private_image_max_source_size {{ limit }};{% endif %}
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /once/ { private_image imagekit; private_image_cache off;
                         proxy_pass {{ origin }}/; }
    location = /metrics { private_image_status prometheus; }
    {{ invalid | default("") }}
"""

MAIN = HTTP + """
    private_image_zone remembered:{{ zone | default("2m") }};
    private_image_watermark logo logo.png;
"""

SLOW = "w-240,f-avif,q-50"  # on noise, more than a second

# liborc maps shared memory for compiled loops, in pieces of this size, in each worker that has
# rendered.
COMPILED_LOOPS = 1 << 16

# Sanitizers keep freed memory, and look for leaks whenever a worker ends, which takes time.
IS_SANITIZED = bool(os.environ.get("PRIVATE_IMAGE_SANITIZERS"))
# Number of reloads before the first measurement, and of all.
FIRST_RELOADS, ALL_RELOADS = (3, 10) if IS_SANITIZED else (20, 100)


@pytest.fixture(scope="module")
def start(gate):
    def start(**values):
        return gate(SITE, http=MAIN, files={"conf/logo.png": pictures.plain(9, 9)}, **values)

    return start


class Requests:
    """Requests of cached and uncached, public and private images, each on a new connection."""

    def __init__(self, site, origin):
        public, secret = published(origin), published(origin, private=True)
        self.site = site
        numbers = itertools.count(100)
        self.expected = [
            (lambda: small(public), (200, "public")),
            (lambda: signed(small(secret)), (200, "signed")),
            (lambda: small(secret), UNSIGNED),
            (lambda: f"/ik/tr:n-open{secret}", (200, "variant")),
            (lambda: small(public, options=f"w-{next(numbers)}"), (200, "public")),
            (lambda: small(public, "/once/", "w-9"), (200, "public")),
            (lambda: "/ik" + public, (200, "public")),
            (lambda: "/ik" + secret, UNSIGNED),
        ]

    def ask(self, thread, turn):
        target, verdict = self.expected[(thread + turn) % len(self.expected)]
        answer = self.site.get(target())
        assert answer.verdict == verdict, answer
        if answer.status == 200:
            answer.image()
        time.sleep(0.005)  # leaves processor time to the workers that start


def test_a_hundred_reloads_under_load_fail_no_request_and_leak_nothing(start, origin):
    site = start()
    requests = Requests(site, origin)
    site.workers_beside(set())

    def reload(times):
        with Load(requests.ask, 3) as load:
            for _ in range(times):
                old, others = site.answering(), site.workers()
                site.process.send_signal(signal.SIGHUP)
                site.workers_beside(old)
            site.wait_until_gone(others)
        assert not load.failures, load.failures[:5]
        assert load.turns > times
        return held_by(site), figures(site)[key("zone_free_bytes")]

    early, free_early = reload(FIRST_RELOADS)
    late, free_late = reload(ALL_RELOADS - FIRST_RELOADS)
    assert late.processes <= early.processes
    assert late.descriptors == early.descriptors
    assert late.worker_descriptors <= early.worker_descriptors + 3
    assert late.shared <= early.shared
    assert late.worker_shared <= early.worker_shared + 2 * COMPILED_LOOPS
    assert free_late >= free_early - 4 * mmap.PAGESIZE > 0  # use of the zone
    if not IS_SANITIZED:
        assert late.resident < early.resident + (1 << 20), (early, late)
        assert late.worker_resident < early.worker_resident + (8 << 20), (early, late)
    assert_at_rest(site)
    assert len(re.findall(r": reconfiguring$", site.log(), re.MULTILINE)) == ALL_RELOADS


# Reloads with another configuration

def test_another_zone_key_and_limit_apply_after_the_reload(start, origin):
    """Under load: requests that began before the reload use the old configuration."""
    site = start()
    secret = published(origin, private=True)
    large = published(origin, pictures.noise(300, 300, "PNG"))
    public = published(origin)

    def ask(thread, turn):
        """Checks answers that are the same in all configurations."""
        assert site.get(small(public)).verdict == (200, "public")
        assert site.get(small(secret)).status == 401
        assert site.get(signed(small(secret))).status in (200, 401)
        assert site.get(small(large)).status in (200, 413)

    def with_key(key):
        return signing.imagekit(small(secret), "/ik/", key)

    with Load(ask, 2) as load:
        assert site.get(with_key(signing.KEY)).verdict == (200, "signed")
        assert site.get(with_key(signing.OTHER_KEY)).status == 401
        assert site.get(small(large)).verdict == (200, "public")
        others = SITE.replace("img.key", "other.key")
        site.reconfigure(others, http=MAIN, zone="1m", limit="64k")
        assert site.get(with_key(signing.KEY)).status == 401
        assert site.get(with_key(signing.OTHER_KEY)).verdict == (200, "signed")
        # The derivative is cached; another one needs the original, which is too large now.
        assert site.get(small(large)).verdict == (200, "public")
        assert site.get(small(large, options="w-21")).verdict == (413, "too_large")
        site.reconfigure(SITE, http=MAIN, zone="3m")
        assert site.get(small(large, options="w-22")).verdict == (200, "public")
    assert not load.failures, load.failures[:5]
    assert_at_rest(site)


BROKEN = {
    "an unknown directive": {"invalid": "no_such_directive on;"},
    "an invalid variant": {"invalid": "private_image_variant bad public w=nothing;"},
    "a missing key": {"invalid": "private_image_key missing.key;"},
    "a missing watermark": {"invalid": "private_image_watermark gone gone.png;"},
    "a zone that is too small": {"zone": "32k"},
}


def test_a_broken_configuration_keeps_the_old_one(start, origin):
    site = start()
    site.allow_emergency(r"\[emerg\]")
    requests = Requests(site, origin)
    workers, before = site.workers_beside(set()), held_by(site)
    with Load(requests.ask, 2) as load:
        for _ in range(3):
            for values in BROKEN.values():
                site.folder.configure(SITE, http=MAIN, **values)
                since = len(site.log())
                site.process.send_signal(signal.SIGHUP)
                site.wait_for_log(r"\[emerg\]", since)
    assert not load.failures, load.failures[:5]
    assert site.answering() == workers
    after = held_by(site)
    assert after.descriptors == before.descriptors and after.shared == before.shared
    assert after.processes == before.processes
    site.reconfigure(SITE, http=MAIN)
    path = published(origin)
    assert [cache_verdict(site.get(small(path))) for _ in range(2)] == [(200, "MISS"), (200, "HIT")]


# Reloads while renders run and requests wait

def test_renders_and_waiting_requests_are_finished_by_old_workers(start, origin):
    site = start()
    visitors = Visitors(site)
    path = published(origin, pictures.noise(400, 400), private=True)
    target = signed(small(path, options=SLOW))
    before = visitors.come(target, 5) + visitors.come(signed(small(path, "/once/", SLOW)), 1)
    soon(site, "renders_running", lambda number: number >= 1)
    soon(site, "requests_waiting", 4)
    # The new workers do not have the keys with which these requests were signed.
    site.folder.configure(SITE.replace("img.key", "other.key"), http=MAIN)
    old = site.answering()
    site.reload()
    new = site.workers_beside(old)
    after = visitors.come(signing.imagekit(small(path, options=SLOW), "/ik/", signing.OTHER_KEY), 3,
                          workers=new)
    assert no_request_is_answered(before + after)
    visitors.receive(before + after)
    assert verdicts(before + after) == {(200, "signed"): 9}
    assert len(origin.requests(path)) == 2  # one of all others, and one of /once/
    site.wait_until_gone({str(worker) for worker in old})
    assert visitors.come(target)[0].receive().answer.verdict == (401, "bad_signature")
    assert_at_rest(site)


def test_reloads_in_a_row_lose_no_request(start, origin, held):
    """Old workers of several reloads wait for a slow origin; all of them answer, then end."""
    site = start()
    visitors = Visitors(site)
    path = published(origin, held=held)
    other = published(origin, held=held)
    visits, newest_workers, all_workers = [], site.workers_beside(set()), set()
    for number in range(5):
        visits += visitors.come(small(path), 2, workers=newest_workers)
        visits += visitors.come(small(other, "/once/"), 1, workers=newest_workers)
        origin.wait_for(other, number + 1)
        all_workers |= newest_workers
        site.process.send_signal(signal.SIGHUP)
        newest_workers = site.workers_beside(all_workers)
    wait_until_all_wait(visitors)
    assert len(all_workers) == 10 and len(site.answering()) == 12
    assert no_request_is_answered(visits)
    held.set()
    visitors.receive(visits)
    assert verdicts(visits) == {(200, "public"): 15}
    origin.only_request(path)
    site.wait_until_gone({str(worker) for worker in all_workers})
    assert_at_rest(site)
