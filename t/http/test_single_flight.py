"""Identical requests at the same time make one fetch and one render, in all workers. A follower is
answered when the leader has finished, is judged by itself, and takes over if the leader ends."""

import os
import signal
import time

import pytest

import client
import pictures
import signing
from caching import HTTP, LATER, UNSIGNED, cache_verdict, published, signed, small, wait_until_stale
from clock import fair_time
from visitors import (SOON, SPREAD, Visitors, no_request_is_answered, release, renders, states,
                      verdicts, wait_until_all_wait)

SITE = SPREAD + """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_variant open public w=20;
    location ^~ /ik/    { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /stale/ { private_image imagekit; private_image_cache_use_stale 10m;
                          proxy_pass {{ origin }}/; }
    location ^~ /late/  { private_image imagekit; private_image_timeout 1s;
                          proxy_pass {{ origin }}/; }
    location ^~ /aged/  { private_image imagekit; private_image_mark_valid 1s;
                          proxy_pass {{ origin }}/; }
    location ^~ /pass/  { private_image imagekit; private_image_cache_bypass 1;
                          proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP)
    site.expect_errors("private_image: (origin_error|origin_timeout|unsupported_type|damaged)",
                       "upstream prematurely closed", "recv.. failed .104", "readv.. failed .104")
    return site


@pytest.fixture
def visitors(site):
    visitors = Visitors(site)
    yield visitors
    visitors.pool.shutdown()


# One render for all

def test_identical_requests_make_one_fetch_and_one_render(site, origin, visitors, held):
    path = published(origin, held=held)
    visits = visitors.come(small(path), 20)
    wait_until_all_wait(visitors)
    assert no_request_is_answered(visits)
    assert release(held, visitors, visits) < SOON
    origin.only_request(path)
    assert states(visits) == {(200, "MISS"): 1, (200, "HIT"): 19}
    assert renders(visits) == 1
    assert len({visit.answer.body for visit in visits}) == 1
    assert len({visit.worker for visit in visits}) == 2
    assert pictures.shows_quarters(visits[0].answer.image())


def test_a_hundred_wait(site, origin, visitors, held):
    path = published(origin, private=True, held=held)
    visits = visitors.come(signed(small(path)), 100)
    wait_until_all_wait(visitors)
    assert release(held, visitors, visits) < 2 * client.SLOWNESS
    origin.only_request(path)
    assert verdicts(visits) == {(200, "signed"): 100} and renders(visits) == 1


@pytest.mark.parametrize("across", [False, True], ids=["within a worker", "across workers"])
def test_waiters_are_woken_in_their_worker_and_in_others(site, origin, visitors, held, across):
    first, other = sorted(visitors.workers())
    path = published(origin, held=held)
    leader = visitors.come(small(path), workers=[first])
    origin.wait_for(path)
    waiters = visitors.come(small(path), 3, workers=[other if across else first])
    wait_until_all_wait(visitors)
    assert release(held, visitors, leader + waiters) < SOON
    assert states(leader) == {(200, "MISS"): 1} and states(waiters) == {(200, "HIT"): 3}
    origin.only_request(path)


def test_a_slow_render_is_waited_for_as_well(site, origin, visitors):
    path = published(origin, pictures.noise(500, 400))
    visits = visitors.receive(visitors.come(small(path, options="w-300,f-avif"), 8))
    assert states(visits) == {(200, "MISS"): 1, (200, "HIT"): 7} and renders(visits) == 1
    origin.only_request(path)
    times = sorted(visit.answered_at for visit in visits)
    assert times[-1] - times[0] < SOON


def test_each_kind_of_request_gets_its_own_kind_of_answer(site, origin, visitors, held):
    path = published(origin, held=held)
    target = small(path)
    visits = (visitors.come(target, method="HEAD") + visitors.come(target)
              + visitors.come(target, headers={"Range": "bytes=0-9"})
              + visitors.come(target, headers={"If-None-Match": "*"})
              + visitors.come(target, headers={"If-Match": '"other"'}))
    wait_until_all_wait(visitors)
    release(held, visitors, visits)
    assert [visit.answer.status for visit in visits] == [200, 200, 206, 304, 412]
    head, get, part, *_ = (visit.answer for visit in visits)
    assert head.body == b"" and head.header("Content-Length") == str(len(get.body))
    assert part.body == get.body[:10]
    origin.only_request(path)


def test_others_are_not_kept_waiting(site, origin, visitors, held):
    path, other = published(origin, held=held), published(origin)
    visits = visitors.come(small(path), 4)
    origin.wait_for(path)
    started = fair_time()
    for target in (small(other), small(other), "/ik" + other):
        assert site.get(target).status == 200
    assert fair_time() - started < client.SLOWNESS and no_request_is_answered(visits)
    release(held, visitors, visits)


def test_what_may_not_be_kept_is_not_shared(site, origin, visitors, held):
    path = published(origin, cache_control="no-store", held=held)
    visits = visitors.come(small(path), 6)
    wait_until_all_wait(visitors)
    assert release(held, visitors, visits) < 2 * client.SLOWNESS
    assert states(visits) == {(200, "MISS"): 6} and renders(visits) == 6
    assert len(origin.requests(path)) == 6


def test_a_bypass_waits_for_no_other(site, origin, visitors, held):
    path = published(origin, held=held)
    visits = visitors.come(small(path, "/pass/"), 4)
    origin.wait_for(path, 4)
    release(held, visitors, visits)
    assert states(visits) == {(200, "BYPASS"): 4}


# Clients that leave

@pytest.mark.parametrize("across", [False, True], ids=["within a worker", "across workers"])
def test_when_the_first_client_leaves_the_others_get_theirs(site, origin, visitors, held, across):
    first, other = sorted(visitors.workers())
    path = published(origin, held=held)
    leader, = visitors.come(small(path), workers=[first])
    origin.wait_for(path)
    waiters = visitors.come(small(path), 4, workers=[other if across else first])
    wait_until_all_wait(visitors)
    leader.leave()
    wait_until_all_wait(visitors)
    assert release(held, visitors, waiters) < SOON
    assert verdicts(waiters) == {(200, "public"): 4}
    assert len(origin.requests(path)) <= 2 and renders(waiters) <= 1


def test_one_after_the_other_may_leave(site, origin, visitors, held):
    path = published(origin, held=held)
    visits = visitors.come(small(path), 6)
    origin.wait_for(path)
    for visit in visits[:5]:
        visit.leave()
        time.sleep(0.1)
    assert release(held, visitors, visits[5:]) < SOON
    assert verdicts(visits[5:]) == {(200, "public"): 1}


def test_a_waiter_that_leaves_is_not_missed(site, origin, visitors, held):
    path = published(origin, held=held)
    visits = visitors.come(small(path), 8)
    wait_until_all_wait(visitors)
    # The leader has come first.
    for visit in visits[2::2]:
        visit.leave()
    time.sleep(0.1)
    stayed = visits[:2] + visits[3::2]
    assert release(held, visitors, stayed) < SOON
    assert verdicts(stayed) == {(200, "public"): 5}
    origin.only_request(path)


def test_all_may_leave(site, origin, visitors, held):
    path = published(origin, held=held)
    visits = visitors.come(small(path), 6)
    wait_until_all_wait(visitors)
    for visit in visits:
        visit.leave()
    time.sleep(0.1)
    held.set()
    answer = site.get(small(path))
    assert answer.verdict == (200, "public")


def test_a_first_client_that_does_not_read_delays_no_other(site, origin, visitors, held):
    path = published(origin, pictures.noise(1200, 900), held=held)
    visits = visitors.come(small(path, options="w-1100,f-png"), 5)
    wait_until_all_wait(visitors)
    held.set()
    leader, *waiters = visits
    visitors.receive(waiters)
    assert verdicts(waiters) == {(200, "public"): 4}
    assert leader.receive().answer.body == waiters[0].answer.body
    origin.only_request(path)


# Failures

@pytest.mark.parametrize("script, verdict", [
    ({"status": 500}, (502, "origin_error")), ({"status": 503}, (503, "origin_error")),
    ({"reset": True}, (502, "origin_error")), ({"truncate_after": 9}, (502, "origin_error")),
    ({"status": 403}, (404, "origin_refused")), ({"status": 404}, (404, "not_found")),
    ({"body": pictures.plain()[:40]}, (422, "damaged")), ({"body": b""}, (422, "damaged")),
    ({"body": b"words"}, (415, "unsupported_type")),
], ids=["500", "503", "reset", "cut", "403", "404", "damaged", "empty", "words"])
def test_a_failure_is_shared_without_another_attempt(site, origin, visitors, held, script,
                                                      verdict):
    path = origin.publish(**{"body": pictures.plain(), "private": False, "held": held, **script})
    visits = visitors.come(small(path), 8)
    wait_until_all_wait(visitors)
    assert release(held, visitors, visits) < SOON
    assert verdicts(visits) == {verdict: 8}
    origin.only_request(path)


def test_a_failure_is_over_with_those_who_waited(site, origin, visitors, held):
    path = origin.publish(status=500, held=held)
    visits = visitors.come(small(path), 4)
    wait_until_all_wait(visitors)
    release(held, visitors, visits)
    published(origin, path=path)
    assert site.get(small(path)).verdict == (200, "public")


def test_each_request_has_its_own_deadline(site, origin, visitors, held):
    path = published(origin, held=held)
    started, begun = time.monotonic(), fair_time()
    visits = visitors.receive(visitors.come(small(path, "/late/"), 6))
    assert verdicts(visits) == {(504, "timeout"): 6}
    assert time.monotonic() - started > 0.8
    assert max(visit.answered_at for visit in visits) - begun < 2 * client.SLOWNESS
    assert len(origin.requests(path)) <= 2


# Each request is judged

def test_an_unsigned_follower_is_refused_a_private_image(site, origin, visitors, held):
    path = published(origin, private=True, held=held)
    leader = visitors.come(signed(small(path)))
    origin.wait_for(path)
    unsigned = visitors.come(small(path), 4)
    bad = visitors.come(signing.imagekit(small(path), "/ik/", signing.OTHER_KEY), 2)
    others = visitors.come(signed(small(path)), 4)
    wait_until_all_wait(visitors)
    assert release(held, visitors, leader + unsigned + bad + others) < SOON
    assert verdicts(leader + others) == {(200, "signed"): 5}
    assert verdicts(unsigned) == {UNSIGNED: 4}
    assert verdicts(bad) == {(401, "bad_signature"): 2}
    for visit in unsigned + bad:
        assert b"PNG" not in visit.answer.body
    origin.only_request(path)


def test_a_refusal_of_the_first_one_is_not_shared(site, origin, visitors, held):
    path = published(origin, private=True, held=held)
    leader = visitors.come(small(path))
    origin.wait_for(path)
    good = visitors.come(signed(small(path)), 5)
    unsigned = visitors.come(small(path), 3)
    wait_until_all_wait(visitors)
    assert release(held, visitors, leader + good + unsigned) < SOON
    assert verdicts(leader + unsigned) == {UNSIGNED: 4}
    assert verdicts(good) == {(200, "signed"): 5}
    assert len(origin.requests(path)) <= 2 and renders(good) == 1


def test_a_failure_is_judged_before_it_is_sent(site, origin, visitors, held):
    path = published(origin, pictures.plain()[:40], private=True, held=held)
    leader = visitors.come(signed(small(path)))
    origin.wait_for(path)
    unsigned, good = visitors.come(small(path), 3), visitors.come(signed(small(path)), 3)
    wait_until_all_wait(visitors)
    assert release(held, visitors, leader + unsigned + good) < SOON
    assert verdicts(leader + good) == {(422, "damaged"): 4}
    assert verdicts(unsigned) == {UNSIGNED: 3}
    origin.only_request(path)


def test_a_signature_that_expires_while_it_waits_was_valid_when_it_came(site, origin, visitors,
                                                                        held):
    path = published(origin, private=True, held=held)
    leader = visitors.come(signed(small(path)))
    origin.wait_for(path)
    short = visitors.come(signed(small(path), expires=signing.soon(1)))
    wait_until_stale(2)
    release(held, visitors, leader + short)
    assert verdicts(leader) == {(200, "signed"): 1}
    answer = short[0].answer
    assert answer.verdict in ((200, "signed"), (401, "expired"))
    assert answer.cache_directives().get("max-age", 0) <= 0


# Refreshes

def expired(origin, site, prefix="/ik/", options=("w-20",), **script):
    """An image whose cached derivatives are no longer fresh."""
    path = published(origin, cache_control="max-age=1", **script)
    for one in options:
        assert site.get(signed(small(path, prefix, one))).status == 200
    return path


def test_one_asks_whether_the_image_has_changed(site, origin, visitors, held):
    path = expired(origin, site)
    wait_until_stale()
    published(origin, path=path, held=held)
    visits = visitors.come(small(path), 12)
    wait_until_all_wait(visitors)
    assert release(held, visitors, visits) < SOON
    assert verdicts(visits) == {(200, "public"): 12} and renders(visits) == 0
    assert len(origin.requests(path)) == 2 and origin.requests(path)[-1].status == 304


def test_one_asks_for_all_derivatives_of_an_image(site, origin, visitors, held):
    options = ("w-20", "w-21", "w-22")
    path = expired(origin, site, options=options)
    wait_until_stale()
    published(origin, path=path, held=held)
    before = len(origin.requests(path))
    visits = [visit for one in options for visit in visitors.come(small(path, options=one), 3)]
    wait_until_all_wait(visitors)
    assert release(held, visitors, visits) < SOON
    assert verdicts(visits) == {(200, "public"): 9} and renders(visits) == 0
    assert len(origin.requests(path)) == before + 1


def test_one_renders_the_new_revision(site, origin, visitors, held):
    path = expired(origin, site)
    wait_until_stale()
    published(origin, pictures.plain(colour=pictures.GREEN), path, etag=LATER, held=held)
    visits = visitors.come(small(path), 8)
    wait_until_all_wait(visitors)
    assert release(held, visitors, visits) < SOON
    assert verdicts(visits) == {(200, "public"): 8} and renders(visits) == 1
    assert all(pictures.shows(visit.answer.image(), pictures.GREEN) for visit in visits)
    assert len(origin.requests(path)) <= 3


def test_the_image_that_turned_private_is_refused_to_all_who_waited(site, origin, visitors, held):
    path = expired(origin, site)
    wait_until_stale()
    published(origin, path=path, private=True, held=held)
    unsigned, good = visitors.come(small(path), 5), visitors.come(signed(small(path)), 3)
    wait_until_all_wait(visitors)
    assert release(held, visitors, unsigned + good) < SOON
    assert verdicts(unsigned) == {UNSIGNED: 5}
    assert verdicts(good) == {(200, "signed"): 3} and renders(good) == 0
    assert len(origin.requests(path)) <= 3


@pytest.mark.parametrize("prefix, verdict", [("/ik/", (502, "origin_error")),
                                             ("/stale/", (200, "public"))])
def test_a_refresh_that_fails_fails_for_all(site, origin, visitors, held, prefix, verdict):
    path = published(origin, cache_control="max-age=1, stale-while-revalidate=0")
    site.get(small(path, prefix))
    wait_until_stale()
    origin.publish(path=path, status=500, held=held)
    visits = visitors.come(small(path, prefix), 8)
    wait_until_all_wait(visitors)
    assert release(held, visitors, visits) < SOON
    assert verdicts(visits) == {verdict: 8}
    assert len(origin.requests(path)) == 2


def test_who_may_have_the_stale_one_does_not_wait(site, origin, visitors, held):
    path = published(origin, cache_control="max-age=1, stale-while-revalidate=600")
    secret = published(origin, private=True, cache_control="max-age=1, stale-while-revalidate=600")
    for one in (path, secret):
        site.get(signed(small(one)))
    wait_until_stale()
    for one, private in ((path, False), (secret, True)):
        published(origin, path=one, private=private, held=held)
    leaders = visitors.come(small(path)) + visitors.come(signed(small(secret)))
    origin.wait_for(path, 2)
    origin.wait_for(secret, 2)
    public = visitors.receive(visitors.come(small(path), 6))
    assert states(public) == {(200, "UPDATING"): 6}
    signed_ones = visitors.receive(visitors.come(signed(small(secret)), 3))
    assert states(signed_ones) == {(200, "UPDATING"): 3}
    assert verdicts(signed_ones) == {(200, "signed"): 3}
    unsigned = visitors.receive(visitors.come(small(secret), 3))
    assert verdicts(unsigned) == {UNSIGNED: 3}
    assert not held.is_set()
    release(held, visitors, leaders)
    assert {visit.answer.status for visit in leaders} == {200}
    assert len(origin.requests(path)) == len(origin.requests(secret)) == 2
    assert cache_verdict(site.get(small(path))) == (200, "HIT")


def test_a_stale_one_with_too_old_a_mark_is_not_sent(site, origin, visitors, held):
    path = published(origin, cache_control="max-age=1, stale-while-revalidate=600, stale-if-error=600")
    site.get(small(path, "/aged/"))
    wait_until_stale()
    published(origin, path=path, private=True, held=held)
    visits = visitors.come(small(path, "/aged/"), 5)
    wait_until_all_wait(visitors)
    release(held, visitors, visits)
    assert verdicts(visits) == {UNSIGNED: 5}
    assert len(origin.requests(path)) == 2


# Workers that die or are replaced

@pytest.fixture
def mortal(gate):
    site = gate(SITE, http=HTTP)
    site.allow_emergency(r"\[alert\].*exited on signal 9")
    return site


def test_when_the_leading_worker_is_killed_the_others_take_over(mortal, origin, held):
    visitors = Visitors(mortal)
    first, other = sorted(visitors.workers())
    path = published(origin, held=held)
    leader = visitors.come(small(path), workers=[first])
    origin.wait_for(path)
    waiters = visitors.come(small(path), 6, workers=[other])
    wait_until_all_wait(visitors)
    os.kill(first, signal.SIGKILL)
    origin.wait_for(path, 2, seconds=3)
    assert release(held, visitors, waiters) < SOON
    assert verdicts(waiters) == {(200, "public"): 6} and renders(waiters) == 1
    assert visitors.receive(leader)[0].answer is None
    assert len(origin.requests(path)) == 2
    assert cache_verdict(mortal.get(small(path))) == (200, "HIT")


def test_a_killed_worker_with_followers_affects_no_other(mortal, origin, held):
    visitors = Visitors(mortal)
    first, other = sorted(visitors.workers())
    path = published(origin, held=held)
    leader = visitors.come(small(path), workers=[first])
    origin.wait_for(path)
    lost = visitors.come(small(path), 3, workers=[other])
    stay = visitors.come(small(path), 3, workers=[first])
    wait_until_all_wait(visitors)
    os.kill(other, signal.SIGKILL)
    time.sleep(0.2)
    assert release(held, visitors, leader + stay) < SOON
    assert verdicts(leader + stay) == {(200, "public"): 4}
    assert verdicts(visitors.receive(lost)) == {None: 3}
    origin.only_request(path)


def test_followers_are_answered_through_a_reload(mortal, origin, held):
    visitors = Visitors(mortal)
    path = published(origin, held=held)
    before = visitors.come(small(path), 6)
    origin.wait_for(path)
    old = mortal.reload()
    after = visitors.come(small(path), 6)
    wait_until_all_wait(visitors)
    assert no_request_is_answered(before + after)
    # Here, and only here, a poll may remain.
    assert release(held, visitors, before + after) < client.SLOWNESS
    assert verdicts(before + after) == {(200, "public"): 12} and renders(before + after) == 1
    assert {visit.worker for visit in before}.isdisjoint(visit.worker for visit in after)
    origin.only_request(path)
    mortal.wait_until_gone(old)


def test_followers_do_not_keep_an_old_worker_alive(mortal, origin, held):
    visitors = Visitors(mortal)
    path = published(origin, held=held)
    visits = visitors.come(small(path), 4)
    origin.wait_for(path)
    old = mortal.reload()
    for visit in visits:
        visit.leave()
    held.set()
    mortal.wait_until_gone(old, seconds=5)
