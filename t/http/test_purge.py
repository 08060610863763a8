"""Purge drops everything known of one original by its plain path, and none of it is used again. The
tests replace a picture but keep its validators, so that only a complete purge shows the new
picture."""

import contextlib
import re
import socket
import threading
import time

import pytest

import client
import documents
import pictures
from caching import HTTP, UNSIGNED, cache_verdict, signed, small, statuses
from pictures import BLUE, GREEN, RED

CACHES = HTTP + """
    private_image_mark_valid 1h;
    private_image_missing_valid 1h;
"""
GATE = """
    private_image_key img.key;
    private_image_cache derivatives;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /purge/ { private_image_purge; private_image_prefix /img/; }
"""
SITE = GATE + """
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /purge-cf/ { private_image_purge; private_image_prefix /cf/; }
    location ^~ /two/ { private_image imagekit; private_image_origin /origin$private_image_path; }
    location ^~ /origin/ { internal; proxy_pass {{ origin }}/; }
    location ^~ /purge-two/ { private_image_purge; private_image_prefix /two/;
                              private_image_origin /origin$private_image_path; }
    location ^~ /named/ { private_image imagekit; private_image_origin @store; }
    location @store { proxy_pass {{ origin }}$private_image_uri; }
    location ^~ /purge-named/ { private_image_purge; private_image_prefix /named/;
                                private_image_origin @store; }
    location ^~ /whole/ { private_image_purge; }
    location ^~ /proxied/ { private_image_purge; proxy_pass {{ origin }}/; }
    location ^~ /reread/ { private_image imagekit; private_image_mark_valid 0;
                           proxy_pass {{ origin }}/; }
    location ^~ /uncached/ { private_image imagekit; private_image_cache off;
                             proxy_pass {{ origin }}/; }
    location ^~ /purge-uncached/ { private_image_purge; private_image_prefix /uncached/;
                                   private_image_cache off; }
    location ^~ /elsewhere/ { private_image_purge; private_image_prefix /img/;
                              set_real_ip_from 127.0.0.1; real_ip_header X-Client; }
    location ^~ /from-any/ { private_image_purge from=any; private_image_prefix /img/;
                            set_real_ip_from 127.0.0.1; }
"""
OVER_A_SOCKET = "server { listen unix:{{ folder }}/purge.sock; server_name localhost;" + GATE + "}"


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http=CACHES + OVER_A_SOCKET)


def purge(site, target, method="PURGE", **options):
    answer = site.get(target, method=method, **options)
    time.sleep(0.01)  # what is asked for within the same millisecond may be dropped as well
    return answer


class Picture:
    """An original whose bytes change while its validators stay the same."""

    def __init__(self, origin, path=None, **script):
        self.origin, self.script = origin, {"etag": '"one"', "private": False, **script}
        self.path = origin.publish(pictures.plain(60, 40, RED), path, **self.script)

    def become(self, colour, **script):
        self.origin.publish(pictures.plain(60, 40, colour), self.path, **{**self.script, **script})

    def target(self, options="w-30", prefix="/img/"):
        return small(self.path, prefix, options)


def colour_of(answer):
    assert answer.status == 200, answer
    return next(colour for colour in (RED, GREEN, BLUE) if pictures.shows(answer.image(), colour))


def warm(site, *targets):
    """Fills the cache, and checks that it is used."""
    for target in targets:
        assert site.get(target).status == 200, target
        assert cache_verdict(site.get(target)) == (200, "HIT"), target


def assert_red_is_kept(site, *targets):
    for target in targets:
        answer = site.get(target)
        assert (colour_of(answer), answer.header("X-Cache")) == (RED, "HIT"), target


def assert_blue_is_rendered(site, *targets):
    """The first answer is a new render; after it the cache is used again."""
    for target in targets:
        answer = site.get(target)
        assert colour_of(answer) == BLUE and answer.header("X-Cache") != "HIT", target
        again = site.get(target)
        assert (colour_of(again), again.header("X-Cache")) == (BLUE, "HIT"), target


# What a purge drops

@pytest.mark.parametrize("method", ["PURGE", "POST"])
def test_all_derivatives_of_an_image_are_gone_at_once(site, origin, method):
    picture = Picture(origin)
    targets = [picture.target(options) for options in ("w-30", "h-10", "w-20,f-webp", "bl-3")]
    warm(site, *targets)
    picture.become(BLUE)
    assert_red_is_kept(site, *targets)
    answer = purge(site, f"/purge{picture.path}", method)
    assert answer.status == 204 and not answer.body
    assert_blue_is_rendered(site, *targets)


def test_other_images_stay(site, origin):
    purged, stays = Picture(origin), Picture(origin)
    warm(site, purged.target(), stays.target())
    stays.become(BLUE)
    assert purge(site, f"/purge{purged.path}").status == 204
    assert_red_is_kept(site, stays.target())


def test_what_was_never_known_can_be_purged(site, origin):
    asked = len(origin.all_requests())
    assert purge(site, "/purge/never/requested/it.png").status == 204
    assert len(origin.all_requests()) == asked


def test_a_missing_image_is_looked_for_again(site, origin):
    path = "/appears-later.png"
    target = f"/img/tr:w-30{path}"
    assert site.get(target).status == 404
    picture = Picture(origin, path)
    assert site.get(target).status == 404
    assert len(origin.requests(path)) == 1, "a missing image is remembered"
    assert purge(site, f"/purge{path}").status == 204
    assert colour_of(site.get(picture.target())) == RED
    assert site.get(f"/img{path}").status == 200


def test_a_derivative_goes_with_its_layer(site, origin):
    base, layer = Picture(origin), Picture(origin)
    target = base.target(f"w-40,l-image,i-{layer.path[1:]},w-40,h-26,l-end")
    warm(site, target)
    layer.become(BLUE)
    assert_red_is_kept(site, target)
    purge(site, f"/purge{layer.path}")
    assert_blue_is_rendered(site, target)


def test_a_derivative_goes_with_the_default_image_that_stands_in(site, origin):
    default_image = Picture(origin)
    target = f"/img/tr:w-30,di-{default_image.path[1:]}/never-there.png"
    assert site.get(target).status == 200
    default_image.become(BLUE)
    purge(site, f"/purge{default_image.path}")
    assert colour_of(site.get(target)) == BLUE


def test_a_remembered_mark_is_forgotten(site, origin):
    picture = Picture(origin, private=True)
    for _ in range(2):
        assert site.get(f"/img{picture.path}").verdict == UNSIGNED
    assert len(origin.requests(picture.path)) == 1
    picture.become(BLUE, private=False)
    assert site.get(picture.target()).verdict == UNSIGNED
    purge(site, f"/purge{picture.path}")
    assert site.get(picture.target()).verdict == (200, "public")
    assert site.get(f"/img{picture.path}").verdict == (200, "public")


def test_a_private_mark_no_longer_sticks_to_its_revision(site, origin):
    picture = Picture(origin, private=True)
    target = picture.target(prefix="/reread/")
    assert site.get(target).verdict == UNSIGNED
    picture.become(RED, private=False)
    assert site.get(target).verdict == UNSIGNED, "the revision is the same"
    purge(site, f"/whole/reread{picture.path}")
    assert site.get(target).verdict == (200, "public")


def test_an_image_that_became_private_is_judged_so_after_its_purge(site, origin):
    picture = Picture(origin)
    warm(site, picture.target())
    picture.become(RED, private=True)
    purge(site, f"/purge{picture.path}")
    assert site.get(picture.target()).verdict == UNSIGNED
    assert site.get(signed(picture.target())).verdict == (200, "signed")


# How an image is named

FORMS = {
    "the own location": ("/img/", "/purge"),
    "the own location, by the whole path": ("/img/", "/whole/img"),
    "the own location, by the whole path behind a prefix": ("/img/", "/purge/img"),
    "the own location, behind no prefix": ("/img/", "/whole"),
    "the own location, where something else would answer": ("/img/", "/proxied"),
    "cloudflare": ("/cf/", "/purge-cf"),
    "an internal origin": ("/two/", "/purge-two"),
    "an internal origin, by its own path": ("/two/", "/whole/origin"),
    "a named origin": ("/named/", "/purge-named"),
}


@pytest.mark.parametrize("prefix, purger", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_a_gate_has_its_purge(site, origin, prefix, purger):
    picture = Picture(origin)
    target = f"/cf{picture.path}/w=30" if prefix == "/cf/" else picture.target(prefix=prefix)
    warm(site, target)
    picture.become(BLUE)
    assert purge(site, f"{purger}{picture.path}").status == 204
    assert_blue_is_rendered(site, target)


def test_the_same_path_behind_another_gate_is_another_image(site, origin):
    picture = Picture(origin)
    warm(site, picture.target())
    picture.become(BLUE)
    purge(site, f"/purge-two{picture.path}")
    assert_red_is_kept(site, picture.target())


def test_the_identity_is_that_of_the_purging_request(site, origin):
    picture = Picture(origin)
    warm(site, picture.target())
    picture.become(BLUE)
    assert purge(site, f"/purge{picture.path}", host="elsewhere.example").status == 204
    assert_red_is_kept(site, picture.target())
    purge(site, f"/purge{picture.path}")
    assert_blue_is_rendered(site, picture.target())


RAW_UMLAUT = "ü".encode().decode("latin-1")  # as its two bytes on the wire


@pytest.mark.parametrize("asked, purged", [
    ("a%20b.png", "a%20b.png"),
    ("%C3%BCber.png", "%C3%BCber.png"),
    ("%C3%BCbel.png", "%c3%bcbel.png"),
    ("%C3%BCbrig.png", f"{RAW_UMLAUT}brig.png"),
    ("what%3F.png", "what%3F.png"),
    ("one%23two.png", "one%23two.png"),
    ("100%25.png", "100%25.png"),
    ("one%2520.png", "one%2520.png"),
    ("a+b.png", "a%2Bb.png"),
    ("plain.png", "%70lain.png"),
    ("twice//slashed.png", "twice/slashed.png"),
    ("arguments.png", "arguments.png?of=no&importance=1"),
])
def test_the_path_is_plain_and_escaped_as_any_url(site, origin, asked, purged):
    origin.publish_folder("/odd/", pictures.plain(60, 40, RED), etag='"one"')
    target = f"/img/tr:w-30/odd/{asked}"
    warm(site, target)
    origin.publish_folder("/odd/", pictures.plain(60, 40, BLUE), etag='"one"')
    assert purge(site, f"/purge/odd/{purged}").status == 204
    assert_blue_is_rendered(site, target)


@pytest.mark.parametrize("asked, purged", [
    ("how%3F.png", "how"), ("how%3F.png", "how?.png"), ("half%23.png", "half"),
    ("eighty%2520.png", "eighty%20.png"), ("case.png", "CASE.png")])
def test_another_path_is_another_image(site, origin, asked, purged):
    origin.publish_folder("/near/", pictures.plain(60, 40, RED), etag='"one"')
    target = f"/img/tr:w-30/near/{asked}"
    warm(site, target)
    assert purge(site, f"/purge/near/{purged}").status == 204
    assert_red_is_kept(site, target)


@pytest.mark.parametrize("path", ["", "folder/", "a%00b.png", "a%0Ab.png", "*", "folder/*",
                                  "a/b/*", "%2A", "folder/%2a", "*?of=no&importance=1"])
def test_what_names_no_image_is_refused(site, path):
    answer = purge(site, f"/purge/{path}")
    assert answer.status == 400 and answer.header("X-Purged") is None


@pytest.mark.parametrize("path", ["*.png", "a*", "**", "*/a.png", "folder/*.png"])
def test_a_star_that_is_part_of_a_name_is_a_name(site, path):
    assert purge(site, f"/purge/{path}").status == 204


# The answer

def purged(answer):
    assert answer.status == 204, answer
    return answer.header("X-Purged")


def test_it_says_what_was_named_and_whether_it_was_known(site, origin):
    picture = Picture(origin)
    assert purged(purge(site, f"/purge{picture.path}")) == f"localhost {picture.path}; known=no"
    warm(site, picture.target())
    assert purged(purge(site, f"/purge{picture.path}")) == f"localhost {picture.path}; known=yes"
    assert purged(purge(site, f"/purge{picture.path}")) == f"localhost {picture.path}; known=no"


def test_a_missing_image_is_known(site, origin):
    assert site.get("/img/tr:w-30/nowhere.png").status == 404
    assert purged(purge(site, "/purge/nowhere.png")) == "localhost /nowhere.png; known=yes"
    assert purged(purge(site, "/purge/nowhere.png")) == "localhost /nowhere.png; known=no"


@pytest.mark.parametrize("purger, named", [
    ("/purge/img", ""), ("/purge", ""), ("/whole", "/img"), ("/whole/img", "/img")])
def test_of_several_paths_it_names_the_one_that_was_known(site, origin, purger, named):
    picture = Picture(origin)
    warm(site, picture.target())
    answer = purge(site, f"{purger}{picture.path}")
    assert purged(answer) == f"localhost {named}{picture.path}; known=yes"


def test_another_host_is_another_identity(site, origin):
    picture = Picture(origin)
    warm(site, picture.target())
    answer = purge(site, f"/purge{picture.path}", host="elsewhere.example")
    assert purged(answer) == f"elsewhere.example {picture.path}; known=no"


def test_without_a_host_the_name_of_the_server_is_named(site, origin):
    picture = Picture(origin)
    warm(site, picture.target())
    with site.connect() as connection:
        connection.socket.sendall(f"PURGE /purge{picture.path} HTTP/1.0\r\n\r\n".encode())
        connection.method = "PURGE"
        declared = purged(connection.receive())
    assert declared.endswith(f" {picture.path}; known=no") or declared.startswith("localhost ")


@pytest.mark.parametrize("path, named", [
    ("a.png%20x%3B%20known%3Dyes", "/a.png%20x%3B%20known%3Dyes"), ("a;known=yes", "/a%3Bknown%3Dyes"),
    ("a%22b", "/a%22b"), ("100%25", "/100%25"), ("%C3%BC", "/%C3%BC"), ("a%7Fb", None)])
def test_what_a_path_holds_cannot_pass_for_the_answer(site, path, named):
    answer = purge(site, f"/purge/{path}")
    if named is None:
        assert answer.status == 400
    else:
        assert purged(answer) == f"localhost {named}; known=no"


def test_an_identity_s_words_cannot_pass_for_the_answer(gate):
    site = gate("""location ^~ /purge/ {
        private_image_purge; private_image_prefix /img/; private_image_identity $http_x_identity; }
        location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }""")
    answer = purge(site, "/purge/a.png", headers={"X-Identity": "a /b; known=yes"})
    assert purged(answer) == "a%20/b%3B%20known%3Dyes /a.png; known=no"
    assert purged(purge(site, "/purge/a.png")) == "- /a.png; known=no"


# Clients and methods that may purge

@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "purge"])
def test_other_methods_are_not_allowed(site, origin, method):
    picture = Picture(origin)
    warm(site, picture.target())
    answer = purge(site, f"/purge{picture.path}", method)
    # HTTP servers need not accept a method in lower case.
    assert answer.status == 405 or (method == "purge" and answer.status == 400)
    assert_red_is_kept(site, picture.target())


def test_nothing_else_answers_where_purges_do(site, origin):
    picture = Picture(origin)
    assert site.get(f"/proxied{picture.path}").status == 405
    assert not origin.requests(picture.path)


def test_the_refusal_of_a_method_names_those_allowed(site):
    allowed = site.get("/purge/a.png").header("Allow") or ""
    assert {"PURGE", "POST"} <= set(re.split(r"\s*,\s*", allowed))


def test_the_answer_is_not_to_be_stored(site):
    assert purge(site, "/purge/a.png").cache_directives().get("no-store") is True


def test_a_body_is_read_and_dropped(site, origin):
    picture = Picture(origin)
    warm(site, picture.target())
    picture.become(BLUE)
    with site.connect() as connection:
        connection.socket.sendall(f"POST /purge{picture.path} HTTP/1.1\r\nHost: localhost\r\n"
                                  "Content-Length: 17\r\n\r\npurge=yes,please!".encode())
        connection.method = "POST"
        assert connection.receive().status == 204
        time.sleep(0.01)
        assert colour_of(connection.request(picture.target())) == BLUE


@pytest.mark.parametrize("address, status", [
    ("127.0.0.1", 204), ("127.200.3.4", 204), ("::1", 204), ("::ffff:127.0.0.1", 204),
    ("192.0.2.7", 403), ("10.0.0.1", 403), ("128.0.0.1", 403), ("126.255.255.255", 403),
    ("2001:db8::1", 403), ("::", 403), ("::2", 403), ("::ffff:192.0.2.7", 403),
    ("::127.0.0.1", 403)])
def test_only_this_machine_may_purge(site, origin, address, status):
    picture = Picture(origin)
    warm(site, picture.target())
    picture.become(BLUE)
    for method in ("PURGE", "POST"):
        answer = purge(site, f"/elsewhere{picture.path}", method, headers={"X-Client": address})
        assert answer.status == status
    if status == 403:
        assert_red_is_kept(site, picture.target())
    else:
        assert_blue_is_rendered(site, picture.target())


def test_every_client_may_purge_with_from_any(site, origin):
    picture = Picture(origin)
    warm(site, picture.target())
    picture.become(BLUE)
    elsewhere = {"X-Real-IP": "192.0.2.7"}
    assert site.get(f"/from-any{picture.path}", elsewhere).status == 405
    assert purge(site, f"/from-any{picture.path}", headers=elsewhere).status == 204
    assert_blue_is_rendered(site, picture.target())


PASSED_ON = [("X-Forwarded-For", "192.0.2.7"), ("x-forwarded-for", "127.0.0.1"),
             ("X-Real-IP", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("Via", "1.1 varnish"),
             ("Via", ""), ("Origin", "https://example.com"), ("Origin", "null")]


@pytest.mark.parametrize("name, value", PASSED_ON)
def test_requests_of_a_proxy_or_another_page_are_not_local(site, origin, name, value):
    picture = Picture(origin)
    warm(site, picture.target())
    picture.become(BLUE)
    since = len(site.log())
    for method in ("PURGE", "POST"):
        assert purge(site, f"/purge{picture.path}", method, headers={name: value}).status == 403
    assert site.wait_for_log(r"(?i)private_image: purge refused: the request has .*" + name,
                             since)
    assert_red_is_kept(site, picture.target())
    assert purge(site, f"/from-any{picture.path}", headers={name: value}).status == 204
    assert_blue_is_rendered(site, picture.target())


def test_a_page_of_the_same_origin_is_local(site):
    assert purge(site, "/purge/a.png", headers={"Origin": "http://localhost"}).status == 204


def test_a_unix_socket_is_local(site, origin):
    picture = Picture(origin)
    warm(site, picture.target())
    picture.become(BLUE)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(site.folder.path / "purge.sock"))
        connection.sendall(f"PURGE /purge{picture.path} HTTP/1.1\r\nHost: localhost\r\n"
                           "Connection: close\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 204 ")
    time.sleep(0.01)
    assert_blue_is_rendered(site, picture.target())


def test_it_needs_no_cache(site, origin):
    picture = Picture(origin, private=True)
    assert site.get(picture.target(prefix="/uncached/")).verdict == UNSIGNED
    picture.become(BLUE, private=False)
    assert site.get(picture.target(prefix="/uncached/")).verdict == UNSIGNED
    assert purge(site, f"/purge-uncached{picture.path}").status == 204
    assert colour_of(site.get(picture.target(prefix="/uncached/"))) == BLUE


# A purge while requests run

def at_once(function, *arguments):
    """Runs a request beside the test; returns the thread and the list for its answer."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(function(*arguments)))
    thread.start()
    return thread, answers


def finish(thread):
    thread.join(20)
    assert not thread.is_alive()


@contextlib.contextmanager
def held(picture, colour, **script):
    """The origin sends no answer for the picture before the block has ended."""
    gate = threading.Event()
    picture.become(colour, held=gate, **script)
    try:
        yield
    finally:
        gate.set()


def test_a_render_that_was_under_way_is_not_kept(site, origin):
    picture = Picture(origin)
    with held(picture, RED):
        thread, answers = at_once(site.get, picture.target())
        origin.wait_for(picture.path)
        purge(site, f"/purge{picture.path}")
        picture.become(BLUE)
    finish(thread)
    assert answers[0].status == 200
    assert_blue_is_rendered(site, picture.target())


def test_a_mark_that_was_under_way_is_not_kept(site, origin):
    picture = Picture(origin)
    with held(picture, RED):
        thread, answers = at_once(site.get, f"/img{picture.path}")
        origin.wait_for(picture.path)
        purge(site, f"/purge{picture.path}")
        picture.become(BLUE, private=True)
    finish(thread)
    assert answers[0].status == 200
    assert site.get(picture.target()).verdict == UNSIGNED
    assert site.get(f"/img{picture.path}").verdict == UNSIGNED


def test_a_refresh_that_was_under_way_revives_nothing(site, origin):
    picture = Picture(origin, headers={"Cache-Control": "max-age=0"})
    target = picture.target()
    assert colour_of(site.get(target)) == RED
    with held(picture, RED):
        thread, answers = at_once(site.get, target)
        origin.wait_for(picture.path, count=2)
        assert origin.requests(picture.path)[1].header("If-None-Match") == '"one"'
        purge(site, f"/purge{picture.path}")
        picture.become(BLUE)
    finish(thread)
    assert answers[0].status == 200
    assert colour_of(site.get(target)) == BLUE


def test_followers_of_a_purged_render_are_answered(site, origin):
    picture = Picture(origin)
    with held(picture, RED):
        waiting = [at_once(site.get, picture.target()) for _ in range(6)]
        origin.wait_for(picture.path)
        purge(site, f"/purge{picture.path}")
        picture.become(BLUE)
    for thread, answers in waiting:
        finish(thread)
        assert answers[0].status == 200
    assert colour_of(site.get(picture.target())) == BLUE


# Purges survive a restart

def test_what_was_purged_stays_so_after_a_restart(gate, origin):
    site = gate(GATE, http=CACHES)
    purged, stays = Picture(origin), Picture(origin)
    targets = [purged.target(), purged.target("w-20")]
    warm(site, stays.target(), *targets)
    purged.become(BLUE)
    stays.become(BLUE)
    purge(site, f"/purge{purged.path}")
    site.restart()
    assert_red_is_kept(site, stays.target())
    assert_blue_is_rendered(site, *targets)
    site.restart()
    answer = site.get(targets[0])
    assert (colour_of(answer), answer.header("X-Cache")) == (BLUE, "HIT"), "purged once, not ever"


def test_purges_before_and_after_a_restart_are_all_kept(gate, origin):
    site = gate(GATE, http=CACHES)
    early, late = Picture(origin), Picture(origin)
    warm(site, early.target(), late.target())
    early.become(BLUE)
    late.become(BLUE)
    purge(site, f"/purge{early.path}")
    site.restart()
    purge(site, f"/purge{late.path}")
    site.restart()
    assert_blue_is_rendered(site, early.target(), late.target())


def test_what_was_purged_stays_so_after_a_reload(gate, origin):
    site = gate(GATE, http=CACHES)
    purged, stays = Picture(origin), Picture(origin)
    warm(site, purged.target(), stays.target())
    purged.become(BLUE)
    purge(site, f"/purge{purged.path}")
    site.wait_until_gone(site.reload())
    assert_blue_is_rendered(site, purged.target())
    assert_red_is_kept(site, stays.target())


@pytest.fixture(scope="module")
def tiny(gate, origin):
    origin.publish_folder("/flood/", pictures.plain(), etag='"one"')
    return gate(GATE, http=CACHES + "private_image_zone tiny:128k;")


FLOODS = {"purges": ("PURGE", "/purge/n/"), "images": ("GET", "/img/flood/"),
          "missing images": ("GET", "/img/tr:w-9/gone/")}


@pytest.mark.parametrize("method, place", FLOODS.values(), ids=FLOODS.keys())
def test_what_was_purged_stays_so_after_the_zone_forgot_it(tiny, origin, method, place):
    picture = Picture(origin)
    targets = [picture.target(), picture.target("w-20")]
    warm(tiny, *targets)
    picture.become(BLUE)
    purge(tiny, f"/purge{picture.path}")
    # More than 128k can hold.
    flood = (f"{place}{number}.png" for number in range(1500))
    assert max(statuses(tiny, flood, method=method)) < 500
    time.sleep(0.01)
    assert_blue_is_rendered(tiny, *targets)


def journal_of(site):
    (file,) = [path for path in (site.folder.path / "cache").iterdir() if path.is_file()]
    return file


def test_a_purge_that_cannot_be_written_down_says_so(gate, origin):
    site = gate(GATE, http=CACHES)
    site.expect_errors("private_image: internal: .*journal.* cannot be written: Is a directory")
    picture = Picture(origin)
    warm(site, picture.target())
    assert purge(site, "/purge/other.png").status == 204
    journal = journal_of(site)
    journal.unlink()
    journal.mkdir()
    picture.become(BLUE)
    assert purge(site, f"/purge{picture.path}").status == 500
    assert_blue_is_rendered(site, picture.target())


def test_a_damaged_journal_voids_everything_stored_before(gate, origin):
    site = gate(GATE, http=CACHES)
    purged, stays = Picture(origin), Picture(origin)
    warm(site, purged.target(), stays.target())
    purged.become(BLUE)
    purge(site, f"/purge{purged.path}")
    journal = journal_of(site)
    journal.write_bytes(b"not what was written" + journal.read_bytes()[20:])
    site.restart()
    assert_blue_is_rendered(site, purged.target())
    assert site.get(stays.target()).header("X-Cache") != "HIT"


# The documents

@pytest.mark.parametrize("page, words", [
    ("caching.md", "private_image_purge;\n        private_image_prefix  /img/;\n        "
                   "private_image_cache   pictures;"),
    ("caching.md", "private_image_origin  /originals$private_image_path;")])
def test_the_documents_configurations_purge(folder, request, origin, page, words):
    site = documents.run(folder, request, documents.first_configuration(page, words))
    picture = Picture(origin)
    port = site.folder.port("shown")

    def asked(target, **options):
        return client.request(port, target, **options)

    for _ in range(2):
        assert colour_of(asked(picture.target())) == RED
    assert len(origin.requests(picture.path)) == 1
    picture.become(BLUE)
    assert asked(f"/purge{picture.path}", method="PURGE").status == 204
    assert colour_of(asked(picture.target())) == BLUE
