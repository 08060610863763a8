"""Uploads whose worker is replaced by a reload or killed, and uploads that race for one token in
two workers: by every door an image is stored once, whole and with its own mark, or not at all."""

import contextlib
import http.client
import itertools
import json
import random
import threading
import time

import pytest

import client
import doors
import pictures
import s3_origin
from doors import wait_until
from killing import kill_between_changes
from load import Load

RED, GREEN = (pictures.noise(90, 60, kind="PNG"), pictures.plain(90, 60, (0, 160, 0)))
RACES = 20


@pytest.fixture(scope="module")
def site(gate, bucket):
    site = doors.start(gate, bucket)
    site.allow_emergency(r"\[alert\].*(worker process \d+ exited on signal 9|was locked by)")
    site.expect_errors(r"the store failed|store_error|upstream")
    return site


def door_of(site, kind, bucket):
    """Cloudflare's with private ids, so that every image has a name and is private."""
    door = doors.make(site, kind, bucket)
    return door if door.dialect == "imagekit" else door.with_private_ids()


@pytest.fixture(params=doors.KINDS, ids=doors.NAMES)
def door(request, site, bucket):
    site.workers_beside(set())
    yield door_of(site, request.param, bucket)
    bucket.on_write = bucket.on_written = None


OF_BUCKETS = pytest.mark.parametrize("door", doors.KINDS[1::2], ids=doors.NAMES[1::2],
                                     indirect=True)


def wait_for_two(site):
    wait_until(lambda: len(site.answering()) == 2, "no two workers")


def begin_edit(door, connection, path, private):
    body = json.dumps({"requireSignedURLs": private}).encode()
    connection.send(door.call(path), method="PATCH", host="door.example.com", headers=door.headers(
        len(body), **{"Content-Type": "application/json"}))
    connection.socket.sendall(body)


# Clients that leave

@pytest.mark.parametrize("private", (True, False))
@pytest.mark.parametrize("keeps_id", (True, False))
def test_an_edit_goes_on_when_its_client_leaves(site, bucket, keeps_id, private):
    """An image is not there twice, once public and once private."""
    door, name = doors.make(site, ("cloudflare", "bucket"), bucket), None
    if keeps_id:
        door, name = door.with_private_ids(), f"left-{private}.png"
    wait_for_two(site)
    before, begun, left = door.everything(), threading.Event(), threading.Event()
    path = door.upload(GREEN, name, private=not private).path

    def hold(asked):
        if asked.header("x-amz-copy-source"):
            begun.set()
            left.wait(client.TIMEOUT)

    bucket.on_write = hold
    since, connection = len(site.log()), door.connect()
    begin_edit(door, connection, path, private)
    assert begun.wait(client.TIMEOUT)
    connection.close()
    left.set()
    site.wait_for_log("image edited", since)
    bucket.on_write = None
    (copy,) = door.everything() - before
    assert door.stored(copy) == (str(private).lower(), GREEN) and (copy == path) is keeps_id
    assert door.is_guarded(copy) is private


# Reloads

def test_a_reload_lets_an_upload_end_in_the_old_worker(door):
    body = door.form(RED, f"reload-{door.dialect}.png")
    connection = door.connect()
    door.begin(body, len(body) // 2, connection)
    old = door.site.reload()
    connection.socket.sendall(body[len(body) // 2:])
    answer = door.receive(connection)
    assert (answer.status, answer.worker) == (200, connection.worker), answer.body
    assert door.stored(answer.path) == ("true", RED) and door.is_guarded(answer.path)
    connection.close()
    door.site.wait_until_gone(old)
    assert door.is_guarded(answer.path)


@OF_BUCKETS
def test_a_reload_while_the_bucket_stores_changes_nothing(door):
    begun, released = threading.Event(), threading.Event()
    door.bucket.on_write = lambda asked: (begun.set(), released.wait(client.TIMEOUT))
    body = door.form(RED, f"held-{door.dialect}.png")
    connection = door.connect()
    door.begin(body, len(body), connection)
    assert begun.wait(client.TIMEOUT)
    old = door.site.reload()
    released.set()
    answer = door.receive(connection)
    assert (answer.status, answer.worker) == (200, connection.worker), answer.body
    assert door.stored(answer.path) == ("true", RED) and door.is_guarded(answer.path)
    connection.close()
    door.site.wait_until_gone(old)


# Killed workers

def killed(door, worker):
    kill_between_changes(worker)
    wait_until(lambda: str(worker) not in door.site.workers(), "a killed worker stays")


def refused_or_cut(connection):
    with contextlib.suppress(OSError, http.client.HTTPException):
        assert connection.receive().status != 200
    connection.close()


def test_an_upload_whose_worker_is_killed_leaves_nothing(door):
    name = f"killed-{door.dialect}.png"
    body, before = door.form(RED, name), door.everything()
    for sent in (100, len(body) // 2, len(body) - 1):
        connection = door.connect()
        door.begin(body, sent, connection)
        wait_until(door.unfinished_files, "no bytes arrive")
        killed(door, connection.worker)
        refused_or_cut(connection)
        wait_for_two(door.site)
        door.assert_nothing_is_left(before)
    answer = door.send(body)
    assert answer.status == 200 and door.is_guarded(answer.path)


@OF_BUCKETS
@pytest.mark.parametrize("moment", ("on_write", "on_written"))
def test_a_private_image_is_guarded_after_its_worker_was_killed(door, moment):
    """Between the PUT and its answer, before and after the bucket has the image. Nothing public was
    there."""
    name = f"guarded-{door.dialect}-{moment}.png"
    connection = door.connect()
    setattr(door.bucket, moment, lambda asked: killed(door, connection.worker))
    body = door.form(RED, name)
    door.begin(body, len(body), connection)
    refused_or_cut(connection)
    setattr(door.bucket, moment, None)
    wait_for_two(door.site)
    # What the bucket has begun it ends.
    wait_until(lambda: door.stored(name) == ("true", RED), "the bucket does not store it")
    assert door.is_guarded(name)
    wait_until(lambda: not door.unfinished_files(), "a worker has an open file")


@pytest.mark.parametrize("is_stored", (True, False))
def test_a_replacement_whose_worker_is_killed_is_the_old_or_the_new_image(site, bucket, is_stored):
    door, name = door_of(site, ("imagekit", "bucket"), bucket), f"replaced-{is_stored}.png"
    wait_for_two(site)
    assert door.upload(GREEN, name, private=False).status == 200
    assert site.get(door.original(name)).status == site.get(door.small(name, 10)).status == 200
    connection = door.connect()

    def kill(asked):
        killed(door, connection.worker)
        if not is_stored:
            raise s3_origin.Gone

    if is_stored:
        bucket.on_written = kill
    else:
        bucket.on_write = kill
    body = door.form(RED, name)
    door.begin(body, len(body), connection)
    refused_or_cut(connection)
    bucket.on_write = bucket.on_written = None
    wait_for_two(site)
    assert door.stored(name) == (("true", RED) if is_stored else ("false", GREEN))
    assert door.is_guarded(name)  # the old image, too: the upload of its name has no end
    assert site.get(door.sign(door.original(name))).body == (RED if is_stored else GREEN)


def private_ones(door, before):
    return [one for one in door.everything() - before if door.stored(one)[0] == "true"]


@pytest.mark.parametrize("moment", ("on_write", "on_written"))
@pytest.mark.parametrize("keeps_id", (True, False))
def test_an_image_that_becomes_private_is_guarded_after_a_kill(site, bucket, keeps_id, moment):
    """Before and after the bucket has copied it; a copy with another id is guarded, too."""
    door, name = doors.make(site, ("cloudflare", "bucket"), bucket), None
    if keeps_id:
        door, name = door.with_private_ids(), f"becomes-private-{moment}.png"
    wait_for_two(site)
    before = door.everything()
    path = door.upload(GREEN, name, private=False).path
    assert site.get(door.original(path)).status == site.get(door.small(path, 12)).status == 200
    connection = door.connect()

    def kill(asked):
        if asked.header("x-amz-copy-source"):
            killed(door, connection.worker)

    setattr(bucket, moment, kill)
    begin_edit(door, connection, path, True)
    refused_or_cut(connection)
    setattr(bucket, moment, None)
    wait_for_two(site)
    # What the bucket has begun it ends.
    wait_until(lambda: private_ones(door, before), "the bucket does not copy it")
    (copy,) = private_ones(door, before)
    assert door.is_guarded(copy) and (copy == path) is keeps_id
    assert keeps_id or site.get(door.original(path)).status == 200


def test_whenever_a_worker_is_killed_an_image_has_its_own_mark(door):
    """Private images and public ones at once."""
    numbers, choice, cut = itertools.count(), random.Random(5), []
    ending = f"-{door.name.replace(' ', '-')}.png"

    def ask(_, turn):
        number = next(numbers)
        private = number % 2 == 0
        name = f"{'private' if private else 'public'}{number}{ending}"
        try:
            door.upload(RED if private else GREEN, name, private)
        except (ConnectionError, http.client.HTTPException):
            cut.append(name)

    with Load(ask, 4) as load:
        for _ in range(5):
            time.sleep(choice.uniform(0.02, 0.1))
            kill_between_changes(choice.choice(sorted(door.site.answering())))
            wait_for_two(door.site)
    assert not load.failures, load.failures[:3]
    found = [name for name in door.everything() if name.endswith(ending)]
    assert cut and len(found) > 5 and not [name for name in found if name.startswith(".")]
    for name in found:
        is_private = name.startswith("private")
        assert door.stored(name) == (("true", RED) if is_private else ("false", GREEN))
        if is_private:
            assert door.site.get(door.original(name)).status == door.refusal
    wait_until(lambda: not door.unfinished_files(), "a worker has an open file")


# Races for a token

def race(door, body, target):
    """The answers of two workers to one upload each, whose last bytes come at the same time."""
    first, second = sorted(door.site.answering())
    connections = [door.connect(worker) for worker in (first, second)]
    for connection in connections:
        door.begin(body, len(body) - 1, connection, target=target, has_key=False)
    for connection in connections:
        connection.socket.sendall(body[-1:])
    answers = [door.receive(connection) for connection in connections]
    assert {answer.worker for answer in answers} == {first, second}
    for connection in connections:
        connection.close()
    return answers


@pytest.mark.parametrize("version", ("v1", "v2"))
def test_two_workers_take_one_token_once(site, bucket, version):
    wait_for_two(site)
    winners = set()
    for turn in range(RACES):
        door = door_of(site, ("imagekit", ("folder", "bucket")[turn % 2]), bucket)
        before = door.everything()
        fields = {"fileName": "x.png", "isPrivateFile": "true", "description": f"race {turn}"}
        target, token = door.target, door.token()
        if version == "v2":
            target, token = door.target_of_tokens, {"token": door.web_token(fields)}
        body = door.form(RED, description=fields["description"], **token)
        answers = sorted(race(door, body, target), key=lambda answer: answer.status)
        assert [answer.status for answer in answers] == [200, 400], answers
        assert "used before" in answers[1].json["message"]
        assert door.everything() - before == {answers[0].path}
        winners.add(answers[0].worker)
    assert len(winners) == 2


@pytest.mark.parametrize("store", ("folder", "bucket"))
def test_two_workers_take_a_one_time_url_once(site, bucket, store):
    wait_for_two(site)
    door = doors.make(site, ("cloudflare", store), bucket)
    for _ in range(RACES):
        image, target = door.one_time()
        before = door.everything()
        answers = sorted(race(door, door.form(RED), target), key=lambda answer: answer.status)
        assert [answer.status for answer in answers] == [200, 409], answers
        assert door.everything() - before == {image} and door.is_guarded(image)
