"""The mark of a file in a folder is its extended attribute user.isprivatefile. It is read for every
answer that comes from a file, and again from the descriptor that is sent. Private files are red and
end in a text that no unsigned answer may contain."""

import os
import subprocess
import threading
import time
from http.client import HTTPException
from unittest import mock

import pytest

import caching
import pictures
import signing
from caching import UNSIGNED, cache_verdict
from clock import fair_time
from pictures import BLUE, GREEN, RED

NONCE = b"behind-the-private-mark"
SECRET = pictures.plain(64, 48, RED) + NONCE
SHOWN = pictures.plain(64, 48, GREEN) + b"not-a-secret-at-all-no!"
ATTRIBUTE = "user.isprivatefile"
TRUE, FALSE = b"true", b"false"
PUBLIC, SIGNED = (200, "public"), (200, "signed")

# Every way that leads from a gate to a file.
WAYS = {
    "alias": "alias {{ folder }}/files/;",
    "files": "root {{ folder }};",
    "variable": "root $folder;",
    "own-try": "root {{ folder }}; try_files /none /files$private_image_path =404;",
    "internal": "private_image_origin /originals$private_image_path;",
    "named": "private_image_origin @folder;",
    "tried": "private_image_origin /try$private_image_path;",
    "index": "private_image_origin /inner$private_image_path/;",
    "fallback": "proxy_pass {{ origin }}; proxy_intercept_errors on; error_page 404 = @folder;",
    "outer": "root {{ folder }}/none; location ^~ /outer/nested/ { alias {{ folder }}/files/; }",
    "sent": "alias {{ folder }}/files/; sendfile on;",
    "threads": "alias {{ folder }}/files/; sendfile off; aio threads;",
    "sent-by-threads": "alias {{ folder }}/files/; sendfile on; aio threads;",
    "copied": "alias {{ folder }}/files/; sendfile off; output_buffers 2 512;",
    "direct": "alias {{ folder }}/files/; directio 1;",
    "direct-threads": "alias {{ folder }}/files/; directio 1; aio threads;",
    "kept": "alias {{ folder }}/files/; sendfile on; open_file_cache max=100;",
    "kept-copied": "alias {{ folder }}/files/; sendfile off; open_file_cache max=100;",
    "kept-later": "alias {{ folder }}/files/; open_file_cache max=9; open_file_cache_min_uses 3;",
    "kept-briefly": "alias {{ folder }}/files/; open_file_cache max=9; open_file_cache_valid 0;",
}
# The place of a file, and its name in a URL, where these differ from the other ways.
PLACES = {"variable": "variable/{}", "index": "inner/{}/a.png"}
NAMES = {"outer": "nested/{}"}

HTTP = caching.HTTP + """
    map $host $folder { default {{ folder }}; }
    map $private_image_path $captures { ~^/(.)(.*)$ ""; default ""; }
"""
SITE = """
    private_image_key img.key;
    private_image_variant open public w=20;
    private_image_variant full signed original;
""" + "".join(f"location ^~ /{way}/ {{ private_image imagekit; {lines} }}\n"
              for way, lines in WAYS.items()) + """
    location ~ ^/regex/(.*)$ { private_image imagekit; private_image_prefix /regex/;
                               private_image_mark $captures; alias {{ folder }}/files/$1; }
    location ^~ /originals/ { internal; alias {{ folder }}/files/; }
    location @folder { rewrite ^/[^/]+(/.*)$ /files$1 break; root {{ folder }}; }
    location ^~ /try/ { internal; root {{ folder }};
                        try_files /none /files$private_image_path =404; }
    location ^~ /inner/ { internal; root {{ folder }}; index none.png a.png; }

    location ^~ /cf/     { private_image cloudflare; alias {{ folder }}/files/; }
    location ^~ /closed/ { private_image imagekit; private_image_unmarked private;
                           alias {{ folder }}/files/; }
    location ^~ /off/    { private_image imagekit; private_image_file_mark off;
                           alias {{ folder }}/files/; }
    location ^~ /marked-0/ { private_image imagekit; private_image_mark 0;
                           alias {{ folder }}/files/; }
    location ^~ /flagged/ { private_image imagekit; add_header Is-Private-File false;
                           alias {{ folder }}/files/; }
    location ^~ /aged/   { private_image imagekit; private_image_cache derivatives;
                           private_image_mark_valid 1s; alias {{ folder }}/files/; }
    location ^~ /cached/ { private_image imagekit; private_image_cache derivatives;
                           alias {{ folder }}/files/; }
    location ^~ /accel/  { private_image imagekit; proxy_pass {{ origin }}; }
    location ^~ /linked/ { private_image imagekit; alias {{ folder }}/links/; }
    location ^~ /no-links/ { private_image imagekit; disable_symlinks on;
                           alias {{ folder }}/links/; }
    location ^~ /paged/  { private_image imagekit; alias {{ folder }}/none/;
                           error_page 404 /raw/page.png; }
    location ^~ /including/ { private_image imagekit; alias {{ folder }}/none/;
                           error_page 404 /page.html; }
    location = /page.html { ssi on; root {{ folder }}/pages; }
    location ^~ /raw/    { alias {{ folder }}/files/; }
    location ^~ /away/   { private_image imagekit; rewrite ^/away/(.*)$ /raw/$1 last;
                           root {{ folder }}; }
"""
FILES = {"none/keep": b"", "links/keep": b"",
         "pages/page.html": b'[<!--# include virtual="/raw/part.png" -->]'}
MISSING = r"(failed|is not found) \((2: No such file|20: Not a dir|40: Too many)"


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP, files=FILES)
    site.expect_errors(MISSING)
    return site


@pytest.fixture(scope="module")
def fresh(gate):
    """Relies on no mark that was read before the request."""
    return gate(SITE, http=HTTP + "private_image_mark_valid 0;", files=FILES)


def put(site, name, body, value=None, pause=0.003):
    """Puts a file with its mark in place in one step; returns its path. Of two marks that are read
    in one millisecond, private wins: hence the pause."""
    path = site.folder.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    time.sleep(pause)
    new.write_bytes(body)
    new.chmod(0o644)
    if value is not None:
        os.setxattr(new, ATTRIBUTE, value)
    new.replace(path)
    return path


def mark(path, value):
    """Changes the attribute in place, after a pause as in put()."""
    time.sleep(0.003)
    if value is None:
        os.removexattr(path, ATTRIBUTE)
    else:
        os.setxattr(path, ATTRIBUTE, value)


def prefix_of(target):
    return target[:target.index("/", 1) + 1]


def signed(target):
    return signing.imagekit(target, prefix_of(target))


def small(target, options="w-20"):
    folder, _, name = target.rpartition("/")
    return f"{folder}/tr:{options}/{name}"


def is_refused(answer):
    return answer.verdict == UNSIGNED and NONCE not in answer.body


# What the mark means

@pytest.mark.parametrize("value", [b"true", b"1", b"yes", b"on", b"True", b"private", b"public",
                                   b"\xff\x00", b"off\n", b"false;true", b"x" * 300])
def test_any_other_value_means_private(site, value):
    put(site, "files/private.png", SECRET, value)
    for target in ("/alias/private.png", small("/alias/private.png")):
        assert is_refused(site.get(target))
        assert site.head(target).status == 401
        assert site.get(signed(target)).verdict == SIGNED


@pytest.mark.parametrize("value", [b"false", b"0", b"no", b"off", b"", b" FALSE ", b"Off\t", None])
def test_some_values_and_no_attribute_mean_public(site, value):
    put(site, "files/public.png", SHOWN, value)
    for target in ("/alias/public.png", small("/alias/public.png")):
        assert site.get(target).verdict == site.head(target).verdict == PUBLIC
        assert pictures.shows(site.get(target).image(), GREEN)


@pytest.mark.parametrize("way", [*WAYS, "regex"])
@pytest.mark.parametrize("value", [TRUE, FALSE, None])
def test_every_way_to_a_file_reads_its_mark(site, way, value):
    name = f"{way}-{value}.png"
    put(site, PLACES.get(way, "files/{}").format(name), SECRET if value == TRUE else SHOWN, value)
    target = f"/{way}/{NAMES.get(way, '{}').format(name)}"
    for asked in (target, small(target)):
        for _ in range(2):
            answer = site.get(asked)
            if value == TRUE:
                assert is_refused(answer)
            else:
                assert answer.verdict == PUBLIC and pictures.shows(answer.image(), GREEN)
    for asked in (target, small(target)):
        answer = site.get(signed(asked))
        assert answer.verdict == (SIGNED if value == TRUE else PUBLIC)
        assert pictures.shows(answer.image(), RED if value == TRUE else GREEN)


@pytest.mark.parametrize("value", [TRUE, FALSE, None])
def test_a_file_that_x_accel_redirect_names_has_its_mark(site, origin, value):
    name = f"accel-{value}.png"
    put(site, f"files/{name}", SECRET if value == TRUE else SHOWN, value)
    origin.publish(b"", f"/accel/{name}", headers={"X-Accel-Redirect": f"/originals/{name}"})
    for target in (f"/accel/{name}", small(f"/accel/{name}")):
        answer = site.get(target)
        assert is_refused(answer) if value == TRUE else answer.verdict == PUBLIC
        assert site.get(signed(target)).status == 200


def test_without_an_attribute_private_image_unmarked_decides(site):
    put(site, "files/plain.png", SECRET)
    put(site, "files/open.png", SHOWN, FALSE)
    assert is_refused(site.get("/closed/plain.png"))
    assert is_refused(site.get(small("/closed/plain.png")))
    assert site.get(signed("/closed/plain.png")).verdict == SIGNED
    assert site.get("/closed/open.png").verdict == PUBLIC


def test_any_source_that_says_private_wins(site):
    put(site, "files/both.png", SECRET, TRUE)
    for way in ("marked-0", "flagged"):
        for target in (f"/{way}/both.png", small(f"/{way}/both.png")):
            answer = site.get(target)
            assert answer.status == 401 and NONCE not in answer.body, target


def test_it_can_be_switched_off(site):
    put(site, "files/off.png", SECRET, TRUE)
    assert site.get("/off/off.png").verdict == site.get(small("/off/off.png")).verdict == PUBLIC


def test_a_public_variant_of_a_private_file_is_public(site):
    put(site, "files/varied.png", SECRET, TRUE)
    answer = site.get("/alias/tr:n-open/varied.png")
    assert answer.verdict == (200, "variant") and answer.image().width == 20
    assert is_refused(site.get("/alias/tr:n-full/varied.png"))
    assert site.get("/cf/varied.png/open").verdict == (200, "variant")
    for target in ("/cf/varied.png/full", "/cf/varied.png/w=30"):
        answer = site.get(target)
        assert answer.reason == "unsigned" and NONCE not in answer.body
        assert site.get(signing.cloudflare(target)).verdict == SIGNED


def test_a_layer_has_a_mark_of_its_own(site):
    put(site, "files/base.png", SHOWN, FALSE)
    put(site, "files/over.png", SECRET, TRUE)
    target = "/alias/tr:w-60,l-image,i-over.png,l-end/base.png"
    assert is_refused(site.get(target))
    answer = site.get(signed(target))
    assert answer.verdict == SIGNED and pictures.shows(answer.image(), RED)
    assert is_refused(site.get("/alias/tr:w-60,di-over.png/missing.png"))


def test_no_answer_of_a_private_file_says_more_than_no(site):
    path = put(site, "files/asked.png", SECRET, TRUE)
    tag = site.get(signed("/alias/asked.png")).header("ETag")
    later = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert tag
    for headers in ({"If-None-Match": tag}, {"If-None-Match": "*"}, later, {"If-Match": '"x"'},
                    {"Range": "bytes=0-9"}, {"Range": "bytes=999999-"},
                    {"Range": "bytes=0-1,5-9", "If-Range": tag}):
        for method in ("GET", "HEAD"):
            answer = site.get("/alias/asked.png", headers, method=method)
            assert answer.status == 401 and NONCE not in answer.body, (headers, method)
            assert answer.header("ETag") is None and answer.header("Content-Range") is None
    one = site.get(signed("/alias/asked.png"), {"Range": "bytes=0-9"})
    assert (one.status, one.body) == (206, SECRET[:10])
    assert site.get(signed("/alias/asked.png"), {"If-None-Match": tag}).status == 304
    mark(path, FALSE)
    assert site.get(signed("/alias/asked.png")).header("ETag") == tag, "clients see no new entity"
    assert site.get("/alias/asked.png", {"If-None-Match": tag}).status == 304
    assert site.get("/alias/asked.png", {"Range": "bytes=-23"}).body == NONCE


def test_a_missing_file_has_no_mark(site):
    for way in ("alias", "kept", "closed"):
        for target in (f"/{way}/none.png", f"/{way}/alias-None.png/none.png"):
            assert site.get(target).verdict == (404, "not_found")


def test_a_link_has_the_mark_of_its_file(site):
    put(site, "files/target.png", SECRET, TRUE)
    link = site.folder.path / "links" / "to.png"
    link.symlink_to("../files/target.png")
    put(site, "links/plain.png", SHOWN)
    assert is_refused(site.get("/linked/to.png"))
    assert site.get(signed("/linked/to.png")).body == SECRET
    answer = site.get(signed("/no-links/to.png"))
    assert answer.status in (403, 404, 502) and NONCE not in answer.body
    assert site.get("/no-links/plain.png").verdict == PUBLIC


# What is shown in place of an image, or beside it

@pytest.mark.parametrize("value", [TRUE, FALSE, None])
def test_an_error_page_is_no_private_file(site, value):
    put(site, "files/page.png", SECRET if value == TRUE else SHOWN, value)
    answer = site.get("/paged/none.png")
    assert NONCE not in answer.body and (answer.body == SHOWN) == (value != TRUE)
    signed_answer = site.get(signed("/paged/none.png"))
    assert NONCE not in signed_answer.body, "the signature is for another image"


@pytest.mark.parametrize("value", [TRUE, FALSE, None])
def test_an_include_of_a_private_file_is_left_out(site, value):
    put(site, "files/part.png", SECRET if value == TRUE else SHOWN, value)
    answer = site.get("/including/none.png")
    assert answer.body == (b"[]" if value == TRUE else b"[" + SHOWN + b"]")


@pytest.mark.parametrize("value", [TRUE, FALSE, None])
def test_a_rewrite_leads_to_no_private_file(site, value):
    put(site, "files/led.png", SECRET if value == TRUE else SHOWN, value)
    answer = site.get("/away/led.png")
    assert NONCE not in answer.body and (answer.status == 200) == (value != TRUE)


# Changes

@pytest.mark.parametrize("way", ["alias", "kept", "copied", "internal"])
def test_private_counts_at_once_for_originals_and_public_when_it_is_read(site, way):
    """A private mark that is remembered refuses without reading the file."""
    path = put(site, f"files/changing-{way}.png", SECRET)
    target = f"/{way}/changing-{way}.png"
    for value in (FALSE, None, b"no"):
        mark(path, value)
        assert site.get(target).verdict == PUBLIC
    mark(path, TRUE)
    assert site.get(target).verdict == UNSIGNED
    mark(path, FALSE)
    assert site.get(target).verdict == UNSIGNED
    assert site.get(signed(target)).verdict == PUBLIC
    assert site.get(target).verdict == PUBLIC


@pytest.mark.parametrize("way", ["alias", "kept", "copied", "internal"])
def test_every_change_counts_at_once_where_no_mark_is_remembered(fresh, way):
    path = put(fresh, f"files/changing-{way}.png", SECRET)
    target = f"/{way}/changing-{way}.png"
    for value, verdict in ((TRUE, UNSIGNED), (FALSE, PUBLIC), (b"1", UNSIGNED), (b"0", PUBLIC)):
        mark(path, value)
        for asked in (target, small(target)):
            assert fresh.get(asked).verdict == verdict


def test_a_new_attribute_counts_for_derivatives_when_their_mark_is_old(site):
    path = put(site, "files/aging.png", SHOWN, FALSE)
    target = small("/aged/aging.png")
    assert cache_verdict(site.get(target)) == (200, "MISS")
    assert cache_verdict(site.get(target)) == (200, "HIT")
    for value, verdict in ((TRUE, UNSIGNED), (FALSE, PUBLIC), (TRUE, UNSIGNED)):
        mark(path, value)
        caching.wait_until_stale()
        assert site.get(target).verdict == verdict, value
    answer = site.get(signed(target))
    assert answer.verdict == SIGNED and pictures.shows(answer.image(), GREEN)


def test_what_an_original_showed_counts_for_its_derivatives(site):
    path = put(site, "files/seen.png", SHOWN, FALSE)
    target = small("/cached/seen.png")
    assert [cache_verdict(site.get(target)) for _ in range(2)] == [(200, "MISS"), (200, "HIT")]
    mark(path, TRUE)
    assert site.get("/cached/seen.png").verdict == UNSIGNED
    assert site.get(target).verdict == UNSIGNED
    mark(path, FALSE)
    assert site.get(signed("/cached/seen.png")).verdict == PUBLIC, "a new revision"
    assert cache_verdict(site.get(target)) == (200, "MISS"), "made of that revision"


def test_a_replacement_within_a_second_is_a_new_revision(site):
    """Although size, Last-Modified and ETag are the same."""
    blue = pictures.plain(64, 48, BLUE)
    size = max(len(SHOWN), len(blue))
    path = put(site, "files/quick.png", SHOWN.ljust(size), FALSE)
    when = (path.stat().st_mtime_ns // 1_000_000_000,) * 2
    os.utime(path, when)
    target = small("/cached/quick.png")
    assert [cache_verdict(site.get(target)) for _ in range(2)] == [(200, "MISS"), (200, "HIT")]
    tag = site.get("/cached/quick.png").header("ETag")
    os.utime(put(site, "files/quick.png", blue.ljust(size), FALSE), when)
    assert site.get("/cached/quick.png").header("ETag") == tag
    answer = site.get(target)
    assert cache_verdict(answer) == (200, "MISS") and pictures.shows(answer.image(), BLUE)
    os.utime(put(site, "files/quick.png", SECRET.ljust(size), TRUE), when)
    assert site.get("/cached/quick.png").verdict == site.get(target).verdict == UNSIGNED
    os.utime(put(site, "files/quick.png", blue.ljust(size), FALSE), when)
    assert site.get(signed("/cached/quick.png")).verdict == site.get(target).verdict == PUBLIC


@pytest.mark.parametrize("way", ["kept", "kept-copied"])
def test_a_kept_descriptor_goes_out_with_its_own_mark(site, way):
    """open_file_cache keeps the descriptor of a file that was replaced: its bytes go out with its
    own mark, never with that of the file that has its name now."""
    put(site, f"files/{way}-1.png", SHOWN, FALSE)
    target = f"/{way}/{way}-1.png"
    assert site.get(target).body == SHOWN
    put(site, f"files/{way}-1.png", SECRET, TRUE)
    for asked in (target, small(target)) * 3:
        answer = site.get(asked)
        assert is_refused(answer) or pictures.shows(answer.image(), GREEN)

    put(site, f"files/{way}-2.png", SECRET, TRUE)
    target = f"/{way}/{way}-2.png"
    assert site.get(signed(target)).body == SECRET
    put(site, f"files/{way}-2.png", SHOWN, FALSE)
    for asked in (target, small(target)) * 3:
        answer = site.get(asked)
        assert is_refused(answer) or pictures.shows(answer.image(), GREEN)


def wait_until(condition):
    until = fair_time() + 20
    while not condition():
        assert fair_time() < until
        time.sleep(0.02)


def test_no_descriptor_stays_open(site):
    put(site, "files/counted.png", SHOWN, FALSE)
    for way in ("alias", "kept-later", "kept-briefly", "index"):
        for _ in range(5):
            site.get(f"/{way}/counted.png")
            site.get(small(f"/{way}/counted.png"))
            site.get(f"/{way}/none.png")

    def held():
        return sum("counted.png" in os.readlink(f"/proc/{worker}/fd/{number}")
                   for worker in site.answering() for number in os.listdir(f"/proc/{worker}/fd"))

    wait_until(lambda: held() <= 2 * len(site.answering()))  # of the caches with a lasting entry


# Readings that fail, or differ

# fgetxattr of a file whose attribute user.planted is "unreadable" fails; where that is "later", the
# first reading in each request finds the attribute "false".
FAULTS = b"""
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <string.h>
    #include <sys/types.h>
    typedef ssize_t reader(int, const char *, void *, size_t);
    static int readings;
    ssize_t fgetxattr(int file, const char *name, void *value, size_t size) {
        reader *next = (reader *) dlsym(RTLD_NEXT, "fgetxattr");
        char plan[16] = "";
        next(file, "user.planted", plan, sizeof plan - 1);
        if (strcmp(plan, "unreadable") == 0) { errno = EIO; return -1; }
        if (strcmp(plan, "later") == 0 && readings++ % 2 == 0) {
            memcpy(value, "false", 5);
            return 5;
        }
        return next(file, name, value, size);
    }
"""


@pytest.fixture(scope="module")
def faulty(gate, tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    (folder / "faults.c").write_bytes(FAULTS)
    library = folder / "faults.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / "faults.c", "-ldl"],
                   check=True)
    with mock.patch.dict(os.environ, LD_PRELOAD=str(library)):
        site = gate(SITE, http=HTTP, files=FILES, workers=1)
    site.expect_errors(MISSING, "private_image: origin_error: .* is private when it is sent")
    return site


def plant(site, name, plan, body=SECRET, value=TRUE):
    path = put(site, name, body, value)
    os.setxattr(path, "user.planted", plan)
    return path


@pytest.mark.parametrize("way", ["alias", "kept", "internal", "direct-threads"])
def test_what_cannot_be_read_is_private(faulty, way):
    plant(faulty, "files/unreadable.png", b"unreadable", SECRET, FALSE)
    target = f"/{way}/unreadable.png"
    for asked in (target, small(target)):
        assert is_refused(faulty.get(asked))
        assert faulty.get(signed(asked)).verdict == SIGNED
    assert faulty.get("/off/unreadable.png").verdict == PUBLIC


def received(site, target, headers=None):
    """All bytes that come before the connection ends."""
    with site.connect() as connection:
        connection.send(target, headers={"Connection": "close", **(headers or {})})
        parts = b""
        while part := connection.socket.recv(65536):
            parts += part
        return parts


SENDING = ["alias", "sent", "copied", "threads", "sent-by-threads", "direct", "direct-threads",
           "kept", "kept-copied", "internal", "named", "fallback", "index", "own-try"]


@pytest.mark.parametrize("way", SENDING)
def test_a_file_that_is_private_when_it_is_sent_is_not_sent(faulty, way):
    name = f"{way}-later.png"
    plant(faulty, PLACES.get(way, "files/{}").format(name), b"later")
    for headers in ({}, {"Range": "bytes=-30"}):
        since = len(faulty.log())
        assert received(faulty, f"/{way}/{name}", headers) == b""
        assert "unsigned" in faulty.wait_for_log("is private when it is sent, the connection is "
                                                 "closed", since)
    assert received(faulty, signed(f"/{way}/{name}")) == b"", "its headers are a public one's"


@pytest.mark.parametrize("way", SENDING)
def test_no_derivative_is_made_of_a_file_that_is_private_when_it_is_read(faulty, way):
    name = f"{way}-fetched.png"
    plant(faulty, PLACES.get(way, "files/{}").format(name), b"later")
    target = small(f"/{way}/{name}")
    assert is_refused(faulty.get(target))
    assert is_refused(faulty.get(target)), "the image state is private now"
    answer = faulty.get(signed(target))
    assert answer.verdict == SIGNED and pictures.shows(answer.image(), RED)


def test_a_public_variant_is_made_of_a_file_that_is_private_when_it_is_read(faulty):
    plant(faulty, "files/varied.png", b"later")
    assert faulty.get("/alias/tr:n-open/varied.png").verdict == (200, "variant")
    assert is_refused(faulty.get(small("/alias/varied.png")))


def test_a_layer_that_is_private_when_it_is_read_refuses_the_derivative(faulty):
    put(faulty, "files/base.png", SHOWN, FALSE)
    plant(faulty, "files/over.png", b"later")
    assert is_refused(faulty.get("/alias/tr:w-60,l-image,i-over.png,l-end/base.png"))


def test_an_error_page_that_is_private_when_it_is_sent_is_not_sent(faulty):
    plant(faulty, "files/page.png", b"later")
    assert received(faulty, "/paged/none.png") == b""


def test_an_include_that_is_private_when_it_is_sent_is_not_sent(faulty):
    plant(faulty, "files/part.png", b"later")
    assert NONCE not in received(faulty, "/including/none.png")


# Replacement against reading

HAMMERED = ["sent", "copied", "threads", "kept-briefly", "kept", "kept-copied", "kept-later"]
KEPT_FOR_LONG = HAMMERED[-3:]  # one and the same file goes out
SECONDS = 0.7


def body_of(site, target):
    try:
        return site.get(target).body
    except (HTTPException, OSError) as closed:
        return getattr(closed, "partial", b"")


@pytest.mark.parametrize("way", HAMMERED)
def test_a_replacement_never_shows_a_private_pixel(fresh, way):
    ended = threading.Event()
    name = f"hammered-{way}.png"
    shown = {True: 0, False: 0}

    def replace():
        while not ended.is_set():
            put(fresh, f"files/{name}", SECRET, TRUE, pause=0)
            put(fresh, f"files/{name}", SHOWN, FALSE, pause=0)

    put(fresh, f"files/{name}", SHOWN, FALSE)
    writer = threading.Thread(target=replace)
    writer.start()
    try:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until or not (all(shown.values()) or way in KEPT_FOR_LONG):
            for target in (f"/{way}/{name}", small(f"/{way}/{name}")):
                body = body_of(fresh, target)
                assert NONCE not in body
                is_picture = body.startswith(b"\x89PNG")
                assert not is_picture or pictures.shows(pictures.opened(body), GREEN)
                shown[is_picture] += 1
            assert time.monotonic() < until + 60, shown
    finally:
        ended.set()
        writer.join()
