"""Cache entries that are damaged, swapped or unreadable: each request gets its own image, and
damaged entries are replaced."""

import os
import random
import shutil
import struct

import pytest

import client
import pictures
from caching import HTTP, UNSIGNED, cache_verdict, published, signed, small

SITE = """
    listen 127.0.0.1:{{ port_of("slow") }} sndbuf=32k;  # where nginx has to wait for its readers
    private_image_key img.key;
    private_image_cache derivatives;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
"""

# What NGINX and the module log about a damaged entry. All is `crit`: the operator should check the
# disk.
DAMAGED = (r"\[crit\].*(is too small|has md5 collision|has too long header"
           r"|has incorrect vary length)")
BODY_START = 56  # where NGINX's head says so

UNREADABLE = r"\[crit\].*(pread|open|stat|chmod|rename)\(\) \"?.*/cache/.* failed"


@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http=HTTP)


def entry_of(site, target, **options):
    """Requests a derivative; returns the answer and its cache file."""
    cache = site.folder.path / "cache"
    before = set(cache.rglob("*"))
    answer = site.get(target, **options)
    assert cache_verdict(answer) == (200, "MISS")
    entry, = (file for file in set(cache.rglob("*")) - before if file.is_file())
    return answer, entry


def emptied(content, _):
    return b""


def cut(length):
    return lambda content, _: content[:length]


def noise(first, last=None):
    """Replaces some bytes with random ones."""
    def overwrite(content, seed):
        size = len(content[first:last])
        return content[:first] + random.Random(seed).randbytes(size) + content[first + size:]

    return overwrite


def lengthened(content, _):
    return content + b"more"


def starts_of(content):
    """The offsets of the record, which follows NGINX's header and the key, and of the body. NGINX's
    header has both, in two bytes each."""
    record, body = struct.unpack_from("HH", content, BODY_START - 2)
    assert content[record - 1:record] == b"\n" and (body - record) % 512 == 0
    return record, body


def body_before_the_record(content, _):
    """A header in which the body starts before the record, and a record of four gigabytes."""
    record, _ = starts_of(content)
    changed = bytearray(content)
    struct.pack_into("H", changed, BODY_START, record - 8)
    struct.pack_into("I", changed, record, 0xFFFFFF00)
    return bytes(changed)


DAMAGES = {
    "emptied": emptied, "one byte": cut(1), "half a head": cut(40), "head alone": cut(336),
    "cut in the record": cut(600), "cut in the body": cut(-1), "lengthened": lengthened,
    "noise all over": noise(0), "noise in the head": noise(0, 64), "noise behind": noise(64),
    "noise in the record": noise(400, 700), "body before the record": body_before_the_record,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_made_anew(site, origin, damage):
    site.allow_emergency(DAMAGED)
    path = published(origin)
    good, entry = entry_of(site, small(path))
    entry.write_bytes(DAMAGES[damage](entry.read_bytes(), damage))
    answer = site.get(small(path))
    assert cache_verdict(answer) == (200, "MISS") and answer.body == good.body
    again = site.get(small(path))
    assert cache_verdict(again) == (200, "HIT") and again.body == good.body


def test_one_damaged_byte_of_the_head_is_healed_or_harmless(site, origin):
    """After the second request everything is as before, and a private entry is never public."""
    site.allow_emergency(DAMAGED)
    path = published(origin, private=True)
    good, entry = entry_of(site, signed(small(path)))
    whole = entry.read_bytes()
    _, body = starts_of(whole)
    for place in range(0, body, 3):
        content = bytearray(whole)
        content[place] ^= 0xFF
        entry.write_bytes(content)
        assert site.get(small(path)).verdict == UNSIGNED, place
        for expected in (("MISS", "HIT"), ("HIT",)):
            answer = site.get(signed(small(path)))
            assert answer.status == 200 and answer.body == good.body, place
            assert answer.header("X-Cache") in expected, place


def test_entries_that_were_exchanged_show_no_client_another_image(site, origin):
    site.allow_emergency(DAMAGED)
    public = published(origin, pictures.plain(colour=pictures.GREEN))
    secret = published(origin, pictures.plain(colour=pictures.RED), private=True)
    _, one = entry_of(site, small(public))
    _, two = entry_of(site, signed(small(secret)))
    contents = one.read_bytes(), two.read_bytes()
    two.write_bytes(contents[0])
    one.write_bytes(contents[1])
    for expected in ("MISS", "HIT"):
        answer = site.get(small(public))
        assert cache_verdict(answer) == (200, expected)
        assert pictures.shows(answer.image(), pictures.GREEN)
    assert site.get(small(secret)).verdict == UNSIGNED
    assert pictures.shows(site.get(signed(small(secret))).image(), pictures.RED)


def test_an_entry_s_body_is_not_that_of_another_size(site, origin):
    site.allow_emergency(DAMAGED)
    path = published(origin)
    _, one = entry_of(site, small(path))
    _, two = entry_of(site, small(path, options="w-32"))
    shutil.copyfile(two, one)
    assert site.get(small(path)).image().size == (20, 15)


def a_link_to_what_cannot_be_read(entry):
    entry.symlink_to("/proc/self/mem")  # its first page: EIO


def a_folder(entry):
    entry.mkdir()


def a_link_to_itself(entry):
    entry.symlink_to(entry)


def a_link_to_nothing(entry):
    entry.symlink_to(entry.parent / "nothing")


@pytest.mark.parametrize("put", [a_link_to_what_cannot_be_read, a_link_to_itself,
                                 a_link_to_nothing])
def test_an_entry_that_cannot_be_read_is_replaced(site, origin, put):
    site.allow_emergency(UNREADABLE)
    path = published(origin)
    good, entry = entry_of(site, small(path))
    entry.unlink()
    put(entry)
    answer = site.get(small(path))
    assert cache_verdict(answer) == (200, "MISS") and answer.body == good.body
    assert cache_verdict(site.get(small(path))) == (200, "HIT")


def test_an_entry_whose_place_is_taken_is_rendered_each_time(site, origin):
    site.allow_emergency(UNREADABLE)
    path = published(origin)
    good, entry = entry_of(site, small(path))
    entry.unlink()
    a_folder(entry)
    since = len(site.log())
    for _ in range(2):
        answer = site.get(small(path))
        assert cache_verdict(answer) == (200, "MISS") and answer.body == good.body
    assert "Is a directory" in site.wait_for_log(r"\[crit\].*rename", since)
    entry.rmdir()
    assert cache_verdict(site.get(small(path))) == (200, "MISS")
    assert cache_verdict(site.get(small(path))) == (200, "HIT")


def test_an_entry_that_is_cut_while_it_is_sent_ends_that_answer_only(site, origin):
    """The connection ends before the declared length is reached."""
    site.allow_emergency(r"\[alert\].*(read only \d+ of|was truncated)")
    path = published(origin, pictures.noise(1200, 1000, "PNG"))
    target = small(path, options="w-1100,f-png")
    good, entry = entry_of(site, target)
    with client.slow_reader(site.folder.port("slow"), target) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        os.truncate(entry, len(good.body) // 2)
        received = 1000
        while part := connection.recv(1 << 16):
            received += len(part)
        assert received < len(good.body) * 3 / 4
    answer = site.get(target)
    assert cache_verdict(answer) == (200, "MISS") and answer.body == good.body
