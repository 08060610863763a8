"""private_image_mark_valid 0: no request relies on a mark that was read before it began."""

import threading

import pytest

import pictures

PICTURE = pictures.noise(60, 40)

SERVER = """\
location ^~ /img/ {
    private_image imagekit; private_image_mark_valid 0; private_image_cache c;
    proxy_pass {{ origin }}/;
}
"""


@pytest.fixture(scope="module")
def site(gate):
    return gate(SERVER, http="private_image_cache_path cache keys_zone=c:1m;\n"
                "private_image_key img.key;")


@pytest.mark.parametrize("step", ["", "tr:w-20/", "tr:w-20,l-image,i-layer.png,w-5,l-end/"])
def test_every_request_asks_the_origin(site, origin, step):
    origin.publish(PICTURE, "/layer.png", private=False, etag='"l"')
    path = origin.publish(PICTURE, private=False, etag='"a"')
    target = f"/img/{step}{path[1:]}"
    with site.connect() as connection:
        for number in range(1, 41):
            assert connection.request(target).verdict == (200, "public")
            assert len(origin.requests(path)) == number


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_the_request_after_a_mark_turned_private_is_refused(site, origin, step):
    for _ in range(40):
        path = origin.publish(PICTURE, private=False, etag='"a"')
        with site.connect() as connection:
            target = f"/img/{step}{path[1:]}"
            assert connection.request(target).verdict == (200, "public")
            origin.publish(PICTURE, path, private=True, etag='"a"')
            assert connection.request(target).verdict == (401, "unsigned")


def test_a_mark_read_earlier_by_a_request_that_still_runs_is_not_used(site, origin):
    path = origin.publish(PICTURE, private=False, etag='"a"')
    site.get(f"/img/tr:w-20{path}")
    held = threading.Event()
    layer = origin.publish(PICTURE, private=False, held=held)
    target = f"/img/tr:w-30,l-image,i-{layer[1:].replace('/', '@@')},w-5,l-end{path}"
    other = threading.Thread(target=site.get, args=(target,))
    other.start()
    origin.wait_for(layer)
    origin.publish(PICTURE, path, private=True, etag='"a"')
    assert site.get(f"/img/tr:w-20{path}").verdict == (401, "unsigned")
    held.set()
    other.join()
