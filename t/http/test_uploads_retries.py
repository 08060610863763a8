"""Uploads into a bucket that stores an image and does not say so: the door finds it, or its answer
forbids the client a retry, and what a client sends again is not stored twice."""

import pytest

import doors
import pictures
import s3_origin

RED, GREEN = (pictures.plain(90, 60, colour) for colour in ((200, 0, 0), (0, 160, 0)))
FAULTS = {"500": s3_origin.Refused(500, "InternalError"), "503": s3_origin.Refused(503, "SlowDown"),
          "504": s3_origin.Refused(504, "GatewayTimeout"), "closed": s3_origin.Gone()}


@pytest.fixture(scope="module")
def origin_of_images():
    bucket = s3_origin.S3Origin()
    yield bucket
    bucket.close()


@pytest.fixture(scope="module")
def site(gate, origin_of_images):
    site = doors.start(gate, origin_of_images)
    site.expect_errors(r"the store failed|store_error|upstream")
    return site


@pytest.fixture
def bucket(origin_of_images):
    bucket = origin_of_images
    yield bucket
    bucket.on_write = bucket.on_written = bucket.refusal = None


@pytest.fixture(params=("imagekit", "cloudflare"))
def door(request, site, bucket):
    return doors.make(site, (request.param, "bucket"), bucket)


@pytest.fixture(params=FAULTS)
def fault(request, bucket):
    """How the bucket answers when it has stored an image. Every PUT is counted in `puts`."""
    return FAULTS[request.param]


def fail(bucket, fault, reads=True):
    """The bucket answers with a fault, and then refuses to be read. Returns the list of PUTs."""
    puts = []

    def write(asked):
        if asked.method == "PUT":
            puts.append(asked.target)

    def written(asked):
        if not reads:
            bucket.refusal = 503, "SlowDown"
        raise fault

    bucket.on_write, bucket.on_written = write, written
    return puts


def works_again(bucket):
    bucket.on_written = bucket.refusal = None


@pytest.mark.parametrize("private", (True, False))
def test_an_image_that_was_stored_with_an_error_is_found(door, bucket, fault, private):
    before, puts = door.everything(), fail(bucket, fault)
    answer = door.upload(RED, private=private)
    works_again(bucket)
    assert answer.status == 200 and len(puts) == 1, answer.body
    assert door.everything() - before == {answer.path}
    assert door.stored(answer.path) == (str(private).lower(), RED)
    assert door.is_guarded(answer.path) is private


@pytest.mark.parametrize("private", (True, False))
def test_an_answer_after_which_nothing_is_known_forbids_a_retry(door, bucket, fault, private):
    before, puts = door.everything(), fail(bucket, fault, reads=False)
    answer = door.upload(RED, private=private)
    works_again(bucket)
    assert answer.status in (502, 504) and answer.header("x-should-retry") == "false"
    assert len(puts) == 1
    (path,) = door.everything() - before
    assert door.stored(path) == (str(private).lower(), RED)
    assert door.is_guarded(path) is private


def test_a_custom_id_that_is_sent_again_is_not_stored_twice(site, bucket, fault):
    door = doors.make(site, ("cloudflare", "bucket"), bucket).with_private_ids()
    name = f"again-{getattr(fault, 'status', 'closed')}.png"
    puts = fail(bucket, fault, reads=False)
    assert door.upload(RED, name).header("x-should-retry") == "false"
    works_again(bucket)
    for picture in (RED, GREEN):
        answer = door.upload(picture, name)
        assert answer.status == 409 and answer.header("x-should-retry") == "false", answer.body
    assert door.stored(name) == ("true", RED) and door.is_guarded(name)
    assert puts[0].endswith(name) and len(set(puts)) == 1


def test_a_one_time_url_that_is_used_again_stores_nothing_more(site, bucket, fault):
    door = doors.make(site, ("cloudflare", "bucket"), bucket)
    image, target = door.one_time()
    fail(bucket, fault, reads=False)
    first = door.send(door.form(RED), target, has_key=False)
    assert first.status in (502, 504) and first.header("x-should-retry") == "false"
    works_again(bucket)
    again = door.send(door.form(GREEN), target, has_key=False)
    assert again.status == 409 and again.header("x-should-retry") == "false", again.body
    assert door.stored(image) == ("true", RED) and door.is_guarded(image)


def test_a_token_that_is_used_again_stores_nothing_more(site, bucket, fault):
    door = doors.make(site, ("imagekit", "bucket"), bucket)
    body, before = door.form(RED, **door.token()), door.everything()
    puts = fail(bucket, fault, reads=False)
    first = door.send(body, has_key=False)
    assert first.status in (502, 504) and first.header("x-should-retry") == "false"
    works_again(bucket)
    again = door.send(body, has_key=False)
    assert again.status == 400 and again.header("x-should-retry") == "false", again.body
    assert len(puts) == len(door.everything() - before) == 1


@pytest.mark.parametrize("kind", doors.KINDS[1::2], ids=doors.NAMES[1::2])
@pytest.mark.parametrize("name", FAULTS)
def test_an_edit_whose_end_is_not_known_forbids_a_retry(site, bucket, kind, name):
    door = doors.make(site, kind, bucket)
    path = door.upload(RED).path

    def fail(asked):
        if asked.header("x-amz-copy-source"):
            raise FAULTS[name]

    bucket.on_written = fail
    answer = door.edit(path, "x")
    bucket.on_written = None
    assert answer.status == 502 and answer.header("x-should-retry") == "false"


@pytest.mark.parametrize("store", ("folder", "bucket"))
def test_a_one_time_url_that_is_issued_again_is_another_one(site, bucket, store):
    door = doors.make(site, ("cloudflare", store), bucket).with_private_ids()
    targets = set()
    for _ in range(3):
        _, target = door.one_time(id="same.png")
        targets.add(target)
        assert door.send(door.form(RED), target, has_key=False).status == 200, target
        assert door.remove("same.png").status == 200
    assert len(targets) == 3
