"""Full disks and zones, and folders that vanish or are replaced while nginx runs: requests are
still answered, and the cache works again as soon as there is room."""

import itertools
import os
import re
import subprocess
import threading
import time

import pytest

import client
import pictures
from caching import HTTP, UNSIGNED, cache_verdict, published, signed, small
from clock import fair_time
from figures import assert_at_rest
from load import Load

SITE = """
    listen 127.0.0.1:{{ port_of("slow") }} sndbuf=32k;  # where nginx has to wait for its readers
    private_image_key img.key;
    private_image_cache derivatives;
    location ^~ /ik/     { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /narrow/ { private_image imagekit; private_image_cache narrow;
                           proxy_pass {{ origin }}/; }
    location = /metrics  { private_image_status prometheus; }
"""

# Of the size that NGINX asks for at least, a keys_zone holds some two hundred entries.
NARROW = """
    private_image_cache_path {{ folder }}/narrow levels=1:2 keys_zone=narrow:32k;
    private_image_zone small:160k;
"""

@pytest.fixture(scope="module")
def site(gate):
    return gate(SITE, http=HTTP + NARROW)


# Folders

def a_file(cache):
    cache.write_bytes(b"a file now")


def nothing(cache):
    pass


def unreadable(cache):
    cache.mkdir()
    cache.chmod(0)


def links_in_a_circle(cache):
    cache.symlink_to(cache)


# Nothing is unreadable for root.
REPLACEMENTS = [nothing, a_file, links_in_a_circle, *([unreadable] if os.geteuid() != 0 else [])]


@pytest.mark.parametrize("put", REPLACEMENTS)
def test_a_cache_s_folder_may_be_replaced_under_load(gate, origin, put):
    site = gate(SITE, http=HTTP + NARROW)
    site.allow_emergency(r"\[crit\].*(open|mkdir|chmod|rename|unlink|pread)\(\).*/cache/.* failed")
    site.allow_emergency(r"\[crit\].*private_image: .* cannot be (kept|renewed)")
    public, secret = published(origin), published(origin, private=True)
    cache, aside = site.folder.path / "cache", site.folder.path / "aside"

    def ask(_, turn):
        answer = site.get(small(public, options=f"w-{turn % 30 + 2}"))
        assert answer.verdict == (200, "public")
        assert answer.image().size[0] == turn % 30 + 2
        assert site.get(small(secret)).verdict == UNSIGNED
        assert site.get(signed(small(secret))).verdict == (200, "signed")

    with Load(ask) as load:
        time.sleep(0.2)
        cache.rename(aside)
        put(cache)
        reached = load.turns
        until = fair_time() + 10
        while load.turns < reached + 20:
            assert fair_time() < until, "answers do not go on"
            time.sleep(0.01)
        if put is not nothing:
            cache.rmdir() if cache.is_dir() else cache.unlink()
        aside.rename(cache)
    assert not load.failures, load.failures[:5]
    path = published(origin)
    assert [cache_verdict(site.get(small(path))) for _ in range(2)] == [(200, "MISS"), (200, "HIT")]
    assert_at_rest(site)


# Room

def filled_disk(disk):
    with pytest.raises(OSError), open(disk / "filler", "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.fixture
def on_a_disk(gate, folder):
    """Starts nginx with all its files on a disk of 512 KB."""
    disk = folder().path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)],
                          check=False, stderr=subprocess.DEVNULL)
    if done.returncode != 0:
        pytest.skip("needs the right to mount")
    disk.chmod(0o777)
    site = gate("proxy_temp_path {{ disk }}/proxy;\n" + SITE, disk=disk,
                http=HTTP.replace("{{ folder }}", "{{ disk }}")
                + NARROW.replace("{{ folder }}", "{{ disk }}"))
    site.allow_emergency(r"\[crit\].*/disk/.*No space left on device")
    site.allow_emergency(r"\[crit\].*private_image: .* cannot be kept .*No space left on device")
    site.expect_errors(r"/disk/.* has written only \d+ of")
    yield site, disk
    assert site.stop() == []
    subprocess.run(["umount", "-q", str(disk)], check=False, stderr=subprocess.DEVNULL)


def read_late(site, target):
    """Returns the bytes received of an answer that is buffered on disk first, and its declared
    length, if the origin sends one."""
    with client.slow_reader(site.folder.port("slow"), target) as connection:
        time.sleep(0.5)
        received = b""
        while part := connection.recv(1 << 16):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return body, int(re.search(rb"Content-Length: (\d+)", head)[1])


def test_a_full_disk_costs_renders_and_slow_originals_no_more(on_a_disk, origin):
    site, disk = on_a_disk
    large = pictures.noise(1300, 1000, "PNG")
    path, secret, big = published(origin), published(origin, private=True), published(origin, large)
    assert cache_verdict(site.get(small(path))) == (200, "MISS")
    filled_disk(disk)
    since = len(site.log())

    def ask(thread, turn):
        assert site.get(small(path, options=f"w-{thread * 40 + turn % 40 + 21}")).status == 200
        assert site.get(signed(small(secret))).verdict == (200, "signed")
        assert site.get(small(secret)).verdict == UNSIGNED
        assert cache_verdict(site.get(small(path))) == (200, "HIT")
        # Its reader is fast: nothing has to be put aside for it.
        assert site.get(small(big, options="w-10")).status == 200

    with Load(ask) as load:
        body, length = read_late(site, "/ik" + big)
    assert not load.failures, load.failures[:5]
    # Cut, and seen to be; never something else.
    assert length == len(large) > len(body) and large.startswith(body)
    assert "No space left" in site.wait_for_log(r"\[crit\]", since)
    (disk / "filler").unlink()
    verdicts = [cache_verdict(site.get(small(path, options="w-33"))) for _ in range(2)]
    assert verdicts == [(200, "MISS"), (200, "HIT")]
    assert_at_rest(site)


def test_zones_that_are_full_cost_renders_and_questions_no_more(site, origin):
    """More images and derivatives than fit, in both workers."""
    site.allow_emergency(r"\[(alert|crit)\].*(could not allocate node|no memory) in cache keys")
    site.allow_emergency(r"\[alert\].*ignore long locked inactive cache entry")  # by those at work
    origin.publish_folder("/crowd/", pictures.quarters(), etag='"crowd"',
                          headers={"Cache-Control": "max-age=600", "Is-Private-File": "false"})
    secret = published(origin, private=True)
    numbers = itertools.count()

    def ask(thread, turn):
        number = next(numbers)
        with site.connect() as connection:
            for one in range(50):
                width = one % 9 + 5
                answer = connection.request(f"/narrow/tr:w-{width}/crowd/{number}-{one}.png")
                assert answer.verdict == (200, "public") and answer.image().size[0] == width
            assert connection.request(small(secret, "/narrow/")).verdict == UNSIGNED
            answer = connection.request(signed(small(secret, "/narrow/")))
            assert answer.verdict == (200, "signed")

    with Load(ask) as load:
        while load.turns < 24:
            time.sleep(0.02)
    assert not load.failures, load.failures[:5]
    held = threading.Event()
    path = published(origin, held=held)
    with site.connect() as one, site.connect() as two:
        one.send(small(path, "/narrow/"))
        two.send(small(path, "/narrow/"))
        origin.wait_for(path)
        held.set()
        assert one.receive().status == two.receive().status == 200
    assert_at_rest(site)
