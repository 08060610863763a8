"""The command-line tool private-image: success of every command, every exit status, and hostile
input. It needs no nginx; where both judge (access cases), both must agree."""

import functools
import io
import os
import re
import shutil
import stat
import subprocess

import pytest
from PIL import Image

import documents
import pictures
import signing
from documents import blocks
from nginx import ROOT, TOOL
from test_access_cases import CASES, EXACTLY, OPEN
from test_vectors import VECTORS, prefix_of, target_of

MANUAL = ROOT / "docs" / "private-image.1"
COMMANDS = ("sign", "verify", "explain", "render")
GOOD, REFUSED, USAGE = 0, 1, 2
EXPIRES = 1893456000
BEFORE, AFTER = EXPIRES - 60, EXPIRES + 1


def run(*words, stdin=b""):
    """Runs the tool, and does not check its exit status."""
    return subprocess.run([str(TOOL), *map(str, words)], input=stdin, capture_output=True,
                          timeout=60, check=False)


def texts(done):
    return done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def key(tmp_path):
    return write_key(tmp_path / "img.key", signing.KEY)


def write_key(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    return path


def scheme(key, dialect="imagekit", prefix="/img/"):
    return ["--dialect", dialect, "--prefix", prefix, "--key", key]


# What all commands have in common.

def test_help_names_every_command():
    done = run("--help")
    assert done.returncode == GOOD
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout.decode()


def test_version():
    done = run("--version")
    assert done.returncode == GOOD
    name, libvips, openssl = done.stdout.decode().splitlines()
    newest = re.search(r"^## (\S+)", documents.page("changelog.md").read_text(), re.MULTILINE)[1]
    assert re.fullmatch(r"\d+\.\d+\.\d+", newest)
    assert name == f"private-image {newest}"
    assert libvips.startswith("libvips 8.") and openssl.startswith("OpenSSL 3")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_fits_a_terminal(command):
    done = run(command, "--help")
    assert done.returncode == GOOD and not done.stderr
    assert "Exit status: 0" in done.stdout.decode()
    assert max(map(len, done.stdout.decode().splitlines())) <= 80


@pytest.mark.parametrize("words", [
    [], ["frobnicate"], ["sign"], ["verify"], ["explain"], ["render"], ["verify", "--frob", "/a"],
    ["verify", "-x", "/a"], ["verify", "--key"], ["verify", "--help=1"], ["render", "a", "b"],
    ["render", "a", "b", "c", "d"], ["explain", "/a", "/b"],
])
def test_an_invalid_call_names_the_help(words):
    done = run(*words)
    assert done.returncode == USAGE and not done.stdout
    assert 'see "private-image ' in done.stderr.decode()


@pytest.mark.parametrize("option, value", [
    ("dialect", "imgix"), ("dialect", ""), ("prefix", "img/"), ("prefix", ""), ("prefix", "/a?b"),
    ("now", "yesterday"), ("now", "-1"), ("now", "9" * 40), ("now", "2030-13-01"),
    ("now", "2030-02-30"), ("now", "2030-01-01T24:00:00Z"), ("max-expiry", "0"),
    ("max-expiry", "1x"), ("max-expiry", "3651d"), ("max-expiry", "9" * 30), ("key", ""),
])
def test_a_malformed_value_is_refused_and_says_what_to_write(key, option, value):
    others = {"dialect": "imagekit", "prefix": "/img/", "key": str(key)}
    others.pop(option, None)
    words = [word for name, each in others.items() for word in (f"--{name}", each)]
    done = run("verify", *words, f"--{option}", value, "/img/a.jpg")
    assert done.returncode == USAGE and not done.stdout
    assert f"--{option}: " in done.stderr.decode()


def test_an_option_given_twice_is_refused(key):
    done = run("verify", *scheme(key), "--prefix", "/other/", "/img/a.jpg")
    assert done.returncode == USAGE and "too often" in done.stderr.decode()


def test_hostile_values_reach_the_terminal_harmless(key):
    for words in (["\x1b]0;x\x07"], ["verify", "--\x1b[2J", "/a"],
                  ["verify", "--dialect", "\x1b[2J", "/a"],
                  ["explain", *scheme(key), "/img/\x1b[2J\u009b.jpg"],
                  ["render", "\x1b[2J", "w=1", "/tmp/x"]):
        done = run(*words)
        assert done.returncode in (REFUSED, USAGE)
        for text in texts(done):
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]", text)


def test_a_full_disk_does_not_go_unseen(key):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([TOOL, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == USAGE and b"cannot be written" in done.stderr


# Keys, as private_image_key reads them.

@pytest.mark.parametrize("content, words", [
    (b"", "is empty"), (b"\n", "is empty"), (b"x" * 15 + b"\n", "is too short"),
    (b"x" * 4097, "is too long"), (b"x" * (64 * 1024 + 1), "longer than 65536 bytes"),
])
def test_a_key_that_cannot_be(tmp_path, content, words):
    done = run("verify", *scheme(write_key(tmp_path / "k", content)), "/img/a.jpg")
    assert done.returncode == USAGE and words in done.stderr.decode()


def test_a_key_file_that_cannot_be_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("missing", "No such file"), (".", "it is a directory"),
                        ("pipe", "not a regular file")):
        done = run("verify", *scheme(tmp_path / name), "/img/a.jpg")
        assert done.returncode == USAGE and words in done.stderr.decode()


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_one_newline_is_no_part_of_the_key(tmp_path, end):
    key = write_key(tmp_path / "k", signing.KEY.encode() + end)
    url = signing.imagekit("/img/a.jpg", "/img/")
    done = run("verify", *scheme(key), url)
    assert done.returncode == GOOD and not done.stderr


def test_a_suspicious_key_is_warned_of_and_used(tmp_path):
    key = write_key(tmp_path / "k", signing.KEY.encode() + b"\r\n")
    key.chmod(0o644)
    url = signing.imagekit("/img/a.jpg", "/img/", key=signing.KEY + "\r")
    done = run("verify", *scheme(key), url)
    assert done.returncode == GOOD
    assert "carriage return or blank" in done.stderr.decode()
    assert "can be read by others" in done.stderr.decode()


# verify

@pytest.mark.parametrize("dialect", ["cloudflare", "imagekit"])
@pytest.mark.parametrize("host", ["", "https://img.example.com", "HTTP://[::1]:8080"])
def test_verify_prints_the_four_verdicts(key, dialect, host):
    sign = functools.partial(signing.sign, dialect, "/img/a.jpg/w=9", "/img/")
    for url, now, word, status in (
            (sign(expires=EXPIRES), BEFORE, "valid", GOOD),
            (sign(expires=EXPIRES), EXPIRES, "valid", GOOD),
            (sign(expires=EXPIRES), AFTER, "expired", REFUSED),
            (sign(), AFTER, "valid", GOOD),
            (sign(key=signing.OTHER_KEY), BEFORE, "bad", REFUSED),
            ("/img/a.jpg/w=9", BEFORE, "none", REFUSED)):
        done = run("verify", *scheme(key, dialect), "--now", now, host + url)
        assert done.returncode == status
        assert done.stdout.decode().startswith(word + ": ")


def test_verify_names_the_key_and_the_expiry(tmp_path, key):
    other = write_key(tmp_path / "new.key", signing.OTHER_KEY)
    url = signing.imagekit("/img/a.jpg", "/img/", key=signing.OTHER_KEY, expires=EXPIRES)
    done = run("verify", *scheme(key), "--key", other, "--now", "2029-12-31", url)
    assert done.stdout.decode() == "valid: by key new.key, expires 2030-01-01T00:00:00Z, in 1 day\n"


def test_verify_minds_the_longest_expiry(key):
    words = ["verify", *scheme(key), "--now", EXPIRES - 86400, "--max-expiry"]
    url = signing.imagekit("/img/a.jpg", "/img/", expires=EXPIRES)
    assert run(*words, "1d", url).returncode == GOOD
    done = run(*words, "1h", url)
    assert done.returncode == REFUSED
    assert done.stdout.decode().startswith("bad: it expires too late")


def vectors():
    for dialect in ("cloudflare", "imagekit"):
        for vector in VECTORS[dialect]:
            yield pytest.param(dialect, vector, id=vector["id"])


@pytest.mark.parametrize("dialect, vector", vectors())
def test_verify_agrees_with_the_vectors(tmp_path, dialect, vector):
    key = write_key(tmp_path / "k", vector["key"])
    target = target_of(vector) if "/" in vector["url"].partition("://")[2] else "/"
    done = run("verify", *scheme(key, dialect, prefix_of(dialect, vector)), "--now", vector["now"],
               "--", target)
    word = done.stdout.decode().partition(":")[0]
    assert (done.returncode == GOOD) == (word == "valid")
    if vector["expected"] != "either":
        assert (word == "valid") == (vector["expected"] == "valid")


def test_verify_reads_lines(key):
    good = signing.imagekit("/img/a.jpg", "/img/")
    lines = [good, "/img/a.jpg", "", "ftp://x/img/a.jpg", "/img/" + "a" * 70_000, "/img/\0.jpg",
             "/img/\xff\x1b[2J.jpg", good + "\r", good]
    done = run("verify", *scheme(key), "-", stdin="\n".join(lines).encode("latin-1"))
    words = [line.partition(":")[0] for line in done.stdout.decode().splitlines()]
    assert words == ["valid", "none", "bad", "bad", "bad", "none", "none", "bad", "valid"]
    assert done.returncode == REFUSED


def test_verify_of_no_lines_is_good(key):
    assert run("verify", *scheme(key), "-").returncode == GOOD


# sign

def signed(key, dialect, url, *more):
    done = run("sign", *scheme(key, dialect), *(more or ("--expires", EXPIRES)), url)
    assert done.returncode == GOOD, done.stderr
    return done.stdout.decode().removesuffix("\n")


@pytest.mark.parametrize("dialect", ["cloudflare", "imagekit"])
@pytest.mark.parametrize("url", ["/img/cats/tom%20cat.jpg/width=300",
                                 "/img/cats/tom%20cat.jpg/w=300?v=2",
                                 "https://img.example.com/img/a.jpg/w=300?v=2"])
def test_sign_does_as_the_published_recipes(key, dialect, url):
    host, target = re.fullmatch(r"(https://[^/]*)?(.*)", url).groups("")
    assert signed(key, dialect, url) == host + signing.sign(dialect, target, "/img/",
                                                            expires=EXPIRES)
    assert signed(key, dialect, url, "--expires", "never") == host + signing.sign(
        dialect, target, "/img/")


@pytest.mark.parametrize("dialect", ["cloudflare", "imagekit"])
def test_what_was_signed_verifies(key, dialect):
    urls = ["/img/a.jpg/w=1", "https://img.example.com/img/ü b.jpg/w=1?x='1'&y=(2)+3"]
    for url in urls:
        done = run("verify", *scheme(key, dialect), "--now", BEFORE, signed(key, dialect, url))
        assert done.returncode == GOOD and done.stdout.startswith(b"valid: by key img.key")


def signable():
    """Vectors whose URL a client made from an unsigned one."""
    for dialect in ("cloudflare", "imagekit"):
        for vector in VECTORS[dialect]:
            is_made = vector["client"] != "derived" and vector["expected"] == "valid"
            # What is signed already, or has dots that a client resolves, we do not sign.
            is_ours = "exp=" not in vector["url_before"] and "/../" not in vector["url_before"]
            if is_made and is_ours:
                yield pytest.param(dialect, vector, id=vector["id"])


@pytest.mark.parametrize("dialect, vector", signable())
def test_sign_agrees_with_the_clients(tmp_path, dialect, vector):
    key = write_key(tmp_path / "k", vector["key"])
    found = re.search(r"[?&](?:exp|ik-t)=(\d+)", vector["url"])
    done = run("sign", *scheme(key, dialect, prefix_of(dialect, vector)), "--expires",
               found.group(1) if found else "never", "--", vector["url_before"])
    assert done.returncode == GOOD, done.stderr
    assert done.stdout.decode() == vector["url"] + "\n"


def test_sign_signs_with_the_last_key(tmp_path, key):
    new = write_key(tmp_path / "new.key", signing.OTHER_KEY)
    done = run("sign", *scheme(key), "--key", new, "--expires", EXPIRES, "/img/a.jpg")
    assert done.stdout.decode().strip() == signing.imagekit(
        "/img/a.jpg", "/img/", key=signing.OTHER_KEY, expires=EXPIRES)


@pytest.mark.parametrize("more, expires", [
    (["--ttl", "1h"], BEFORE + 3600), (["--ttl", "90"], BEFORE + 90),
    (["--ttl", "1d2h"], BEFORE + 26 * 3600),
    (["--ttl", "1h", "--window", "1d"], EXPIRES + 86400),
    (["--ttl", "30s", "--window", "1h"], EXPIRES),
])
def test_sign_reckons_the_expiry(key, more, expires):
    url = signed(key, "cloudflare", "/img/a.jpg/w=1", *more, "--now", BEFORE)
    assert f"exp={expires}&" in url


@pytest.mark.parametrize("more", [
    [], ["--expires", "1893456000", "--ttl", "1h"], ["--expires", "1893456000", "--window", "1h"],
    ["--ttl", "0"], ["--ttl", "forever"], ["--ttl", "1h1d"], ["--ttl", "99999999999999999999"],
    ["--expires", "0"], ["--expires", "soon"], ["--expires", "-5"], ["--window", "1h"],
])
def test_sign_refuses_an_unclear_expiry(key, more):
    done = run("sign", *scheme(key), *more, "/img/a.jpg")
    assert done.returncode == USAGE and not done.stdout


def test_sign_without_a_key_is_refused():
    done = run("sign", "--dialect", "imagekit", "--prefix", "/img/", "--ttl", "1h", "/img/a.jpg")
    assert done.returncode == USAGE and "--key" in done.stderr.decode()


@pytest.mark.parametrize("url", [
    "/other/a.jpg", "/img/", "/img/../a.jpg", "/img/%2e%2e/a.jpg", "/img/a.jpg?ik-s=" + "0" * 40,
    "/img/a.jpg?ik-t=1893456000", "/img/a.jpg#x", "ftp://x/img/a.jpg", "img/a.jpg", "",
    "/img/a\tb.jpg", "/img/" + "a" * 9000,
])
def test_sign_refuses_what_no_gate_would_serve(key, url):
    done = run("sign", *scheme(key), "--expires", EXPIRES, url)
    assert done.returncode == REFUSED and not done.stdout
    assert "sign: URL 1: " in done.stderr.decode()


def test_sign_reads_lines_and_names_those_that_failed(key):
    lines = b"/img/a.jpg\n/other/a.jpg\n/img/\0b.jpg\n" + b"/img/" + b"x" * 100_000 + b"\n/img/c.jpg"
    done = run("sign", *scheme(key), "--expires", EXPIRES, "-", stdin=lines)
    output, errors = texts(done)
    assert done.returncode == REFUSED
    assert output.splitlines() == [signing.imagekit(f"/img/{name}.jpg", "/img/", expires=EXPIRES)
                                   for name in "ac"]
    assert [f"line {n}: " in errors for n in range(1, 6)] == [False, True, True, True, False]


# explain

def explain(*words):
    """The lines of the output by their names; of equal names the first one."""
    done = run("explain", *words)
    lines = {}
    for line in done.stdout.decode().splitlines():
        match = re.match(r"  (\S.*?)  +(.*)", line)
        if match:
            lines.setdefault(*match.groups())
    return done, lines


def settings_of(case):
    settings = case["settings"]
    if case["system"] == "cloudflare":
        yield from ("--adhoc", "public" if settings["flexible_variants"] else "off")
        for number, (name, variant) in enumerate(settings["variants"].items(), 1):
            access = "public" if variant["neverRequireSignedURLs"] else "signed"
            yield from ("--variant", f"{name} {access} w={number * 10}")
    else:
        for name, chain in settings["named"].items():
            yield from ("--variant", f"{name} public {chain}")
        if settings["restrict_unsigned"]:
            yield from ("--signature", "always")
        if settings["restrict_unnamed"]:
            yield from ("--adhoc", "off")


def decided(case, lines):
    """The answer of a gate, as far as URL, marks and signature determine it."""
    image = case["image"]
    private = image.get("requireSignedURLs", image.get("isPrivateFile", False))
    answers = []
    if image.get("exists", True):
        answers.append(lines["private image" if private else "public image"])
    for other, role in (("overlay_file", "layer"), ("default_file", "default image")):
        if other in image:
            mark = "private" if image[other]["isPrivateFile"] else "public"
            answers.append(lines[f"{mark} {role}"])
    refusals = [answer for answer in answers if not answer.startswith("200 ")]
    return (refusals or answers)[0]


def existing(case):
    image = case["image"]
    return not image.get("draft") and (image.get("exists", True) or "default_file" in image)


@pytest.mark.parametrize("case", filter(existing, CASES), ids=lambda case: case["id"])
def test_explain_agrees_with_the_access_cases(key, case):
    prefix = f"/{case['id']}/"
    if case["system"] == "cloudflare":
        target = f"{prefix}2628bc0e-3f2a-475b-8311-67eb2abd7d99/{case['last_segment']}"
    else:
        target = prefix + case["request"][1:]
    url = signing.signed_as(case["signature"], case["system"], target, prefix)
    done, lines = explain(*scheme(key, case["system"], prefix), *settings_of(case), url)
    assert done.returncode in (GOOD, REFUSED) and not done.stderr
    wanted = OPEN[case["system"]] if case["status"] is None else {case["status"]}
    answer = decided(case, lines)
    assert int(answer[:3]) in EXACTLY.get(case["id"], wanted), answer
    assert lines["verdict"].startswith(case["signature"])


def test_explain_says_which_part_is_what(key):
    url = signing.imagekit("/img/tr:w-300/cats/tom%20cat.jpg?v=2&ik-attachment=true", "/img/",
                           expires=EXPIRES)
    done, lines = explain(*scheme(key), "--now", BEFORE, "https://img.example.com" + url)
    output = done.stdout.decode()
    assert done.returncode == GOOD
    for part in ("/img/  (prefix)", "tr:w-300  (transformation)", "cats/tom cat.jpg  (image path)",
                 "v=2  (of no meaning here, but covered by a signature)",
                 f"ik-t={EXPIRES}  (expiry of the signature)", "ik-s=...  (signature)",
                 "ik-attachment=true  (delivery as a download)"):
        assert part in output
    assert lines["image"] == "/cats/tom cat.jpg"
    assert lines["requested"] == "an ad-hoc transformation"
    assert lines["signed text"] == f"tr:w-300/cats/tom%20cat.jpg?v=2&ik-attachment=true{EXPIRES}"
    assert lines["public image"].startswith("200 public: ")
    assert lines["private image"].startswith("200 signed: ")


@pytest.mark.parametrize("url, parts", [
    ("/img/ik-seo/cats/tom/nice.jpg", ["ik-seo  (a pretty name", "cats/tom  (image path)",
                                       "nice.jpg  (pretty name"]),
    ("/img/a.pdf/ik-thumbnail.jpg", ["a.pdf  (image path)", "ik-thumbnail.jpg  (thumbnail"]),
    ("/img/cats/tr:w-1/tom.jpg", ["cats  (image path)", "tr:w-1  (transformation)",
                                  "tom.jpg  (image path)"]),
    ("/img/tr:l-image,ie-YS9iL2M_/x,l-end/tom.jpg", []),
    ("/img/tr:n-small/tom.jpg", ["tr:n-small  (variant)"]),
    ("/img//a%2Fb.jpg", ["a/b.jpg  (image path)"]),
    ("/img/tom.jpg?tr=w-1", ["tr=w-1  (transformation)"]),
])
def test_explain_takes_imagekits_paths_apart(key, url, parts):
    done, _ = explain(*scheme(key), "--variant", "small signed w=10", url)
    assert done.returncode in (GOOD, REFUSED)
    for part in parts:
        assert part in done.stdout.decode()


def test_explain_takes_cloudflares_paths_apart(key):
    done, lines = explain(*scheme(key, "cloudflare"), "--variant", "card signed w=10",
                          "/img/a/b/card")
    assert "a/b  (image path)" in done.stdout.decode() and lines["variant"] == "card"
    done, lines = explain(*scheme(key, "cloudflare", "/cdn-cgi/image/"),
                          "https://host.example/cdn-cgi/image/w=80/https://host.example/a.jpg")
    assert "w=80  (transformation)" in done.stdout.decode() and lines["image"] == "/a.jpg"


@pytest.mark.parametrize("more, url, answer", [
    ([], "/img/a.jpg?tr=w-", "400 bad_options: "),
    ([], "/img/tr:n-none/a.jpg", "400 unknown_variant: "),
    ([], "/img/../etc/passwd", "400 bad_url: "),
    ([], "/img/%252e%252e/x", "400 bad_url: "),
    ([], "/other/a.jpg", "400 bad_url: "),
    ([], "/img/a.jpg#x", "400 bad_url: "),
    (["--signature", "always"], "/img/../etc/passwd", "401 unsigned: "),
    (["--adhoc", "signed"], "/img/tr:w-1/a.jpg", "401 unsigned: "),
    (["--adhoc", "off"], "/img/tr:w-1/a.jpg", "400 adhoc_off: "),
])
def test_explain_of_what_is_refused_whatever_the_image(key, more, url, answer):
    done, lines = explain(*scheme(key), *more, url)
    assert done.returncode == REFUSED
    assert lines["public image"].startswith(answer) and lines["private image"].startswith(answer)


@pytest.mark.parametrize("url", ["/img/%zz.jpg", "/img/%00.jpg", "/img/a b.jpg", "/img/a\x01.jpg"])
def test_explain_knows_what_nginx_refuses_itself(key, url):
    done, lines = explain(*scheme(key), url)
    assert done.returncode == REFUSED
    assert lines["any image"].startswith("400 by NGINX itself: ")


def test_explain_judges_one_mark_alone(key):
    words = [*scheme(key), "/img/a.jpg"]
    done, lines = explain("--mark", "public", *words)
    assert done.returncode == GOOD and "private image" not in lines
    done, lines = explain("--mark", "private", *words)
    assert done.returncode == REFUSED and "public image" not in lines
    assert run("explain", "--mark", "secret", *words).returncode == USAGE


def test_explain_goes_without_keys():
    done, lines = explain("--dialect", "imagekit", "--prefix", "/img", "/img/a.jpg?ik-s=" + "0" * 40)
    assert lines["verdict"] == "bad: there is no key"
    assert lines["private image"].startswith("401 bad_signature: ")


@pytest.mark.parametrize("variant", [
    "", "name", "name public", "name off", "na/me public w=1", "x public original",
    "x public w=1 more", "x public w=", "x public tr:w-", "x signed tr:n-later",
])
def test_explain_refuses_a_malformed_variant(key, variant):
    done = run("explain", *scheme(key), "--variant", variant, "/img/a.jpg")
    assert done.returncode == USAGE and not done.stdout


def test_explain_knows_variants_with_watermarks_and_originals(key):
    done, lines = explain(*scheme(key, "cloudflare"), "--variant", "wm public w=9,watermark=logo",
                          "--variant", "full signed original", "/img/a/wm")
    assert lines["private image"].startswith("200 variant: ")
    done, lines = explain(*scheme(key, "cloudflare"), "--variant", "full signed original",
                          "/img/a/full")
    assert lines["requested"] == "the original"


def test_a_huge_url_is_refused(key):
    url = "/img/" + "a" * 100_000
    assert run("explain", *scheme(key), url).returncode == USAGE
    assert run("verify", *scheme(key), url).stdout.startswith(b"bad: the URL is longer")
    done = run("explain", *scheme(key), "/img/" + "a" * 60_000 + ".jpg")
    assert done.returncode == GOOD


@pytest.mark.parametrize("command", ["verify", "explain"])
def test_neither_keys_nor_signatures_are_printed(key, command):
    """Neither those in the URL, nor the expected ones."""
    right = signing.imagekit("/img/a.jpg", "/img/", expires=EXPIRES)
    for url in (right, right[:-1] + ("0" if right[-1] != "0" else "1"), "/img/a.jpg"):
        done = run(command, *scheme(key), url)
        everything = "".join(texts(done))
        assert signing.KEY not in everything
        assert right.rpartition("=")[2][:-1] not in everything


# render

@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(pictures.quarters(64, 48))
    return path


def opened(path):
    return Image.open(io.BytesIO(path.read_bytes()))


@pytest.mark.parametrize("options, size, kind", [
    ("w=32", (32, 24), "PNG"), ("w=32,f=webp", (32, 24), "WEBP"),
    ("w=20,h=20,fit=cover,f=jpeg", (20, 20), "JPEG"), ("tr:w-16", (16, 12), "PNG"),
    ("tr:w-32,h-32,cm-pad_resize,bg-FF0000,f-jpg", (32, 32), "JPEG"), ("tr:w-32:rt-90", (24, 32), "PNG"),
])
def test_render(photo, tmp_path, options, size, kind):
    out = tmp_path / "out"
    done = run("render", photo, options, out)
    assert done.returncode == GOOD, done.stderr
    image = opened(out)
    assert (image.size, image.format) == (size, kind)
    bytes_ = out.stat().st_size
    assert done.stdout.decode().endswith(f", {size[0]}x{size[1]}, {bytes_} bytes\n")


def test_render_shows_the_right_pixels(photo, tmp_path):
    out = tmp_path / "out.png"
    assert run("render", photo, "w=32", out).returncode == GOOD
    image = opened(out).convert("RGB")
    for place, colour in zip(((4, 4), (28, 4), (4, 20), (28, 20)), pictures.QUARTERS):
        assert all(abs(a - b) <= 3 for a, b in zip(image.getpixel(place), colour))


def test_render_from_and_to_pipes(photo):
    done = run("render", "-", "w=8", "-", stdin=photo.read_bytes())
    assert done.returncode == GOOD and not done.stderr
    assert Image.open(io.BytesIO(done.stdout)).size == (8, 6)


def test_render_negotiates(photo, tmp_path):
    out = tmp_path / "out"
    for words, kind in ((["--format", "auto", "--accept", "image/webp"], "WEBP"),
                        (["--format", "auto"], "PNG"), (["--format", "webp"], "WEBP"),
                        (["--format", "source"], "PNG")):
        assert run("render", *words, photo, "w=32", out).returncode == GOOD
        assert opened(out).format == kind
    assert run("render", "--accept", "image/webp", photo, "tr:w-32,f-auto", out).returncode == GOOD
    assert opened(out).format == "WEBP"


def test_render_minds_quality(tmp_path):
    source, sizes = tmp_path / "noise.png", []
    source.write_bytes(pictures.noise(128, 128, "PNG"))
    for quality in (10, 90):
        done = run("render", "--quality", f"jpeg={quality}", source, "w=100,f=jpeg", tmp_path / "o")
        assert done.returncode == GOOD
        sizes.append((tmp_path / "o").stat().st_size)
    assert sizes[0] < sizes[1] / 2


def test_render_replaces_in_one_step_and_keeps_the_rights(photo, tmp_path):
    out = tmp_path / "out.png"
    out.write_bytes(b"old")
    out.chmod(0o640)
    assert run("render", photo, "w=8", out).returncode == GOOD
    assert stat.S_IMODE(out.stat().st_mode) == 0o640 and opened(out).size == (8, 6)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.png", "photo.png"]
    (tmp_path / "link").symlink_to("out.png")
    assert run("render", photo, "w=16", tmp_path / "link").returncode == GOOD
    assert (tmp_path / "link").is_symlink() and opened(out).size == (16, 12)
    assert run("render", photo, "w=8", "/dev/null").returncode == GOOD
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_render_with_layers(photo, tmp_path):
    folder, out = tmp_path / "layers", tmp_path / "out.png"
    (folder / "marks").mkdir(parents=True)
    (folder / "marks" / "dot.png").write_bytes(pictures.plain(10, 10, pictures.BLACK))
    options = "tr:l-image,i-marks@@dot.png,lx-0,ly-0,l-end"
    done = run("render", "--layer-root", folder, photo, options, out)
    assert done.returncode == GOOD, done.stderr
    assert opened(out).convert("RGB").getpixel((2, 2)) == pictures.BLACK
    done = run("render", photo, options, out)
    assert done.returncode == USAGE and "--layer-root" in done.stderr.decode()


def test_layers_stay_below_their_folder(photo, tmp_path):
    folder, out = tmp_path / "layers", tmp_path / "out.png"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(pictures.plain(10, 10))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "inside").mkdir()
    for name in ("..@@secret.png", "link.png", "inside", "missing.png", "%2e%2e@@secret.png"):
        done = run("render", "--layer-root", folder, photo, f"tr:l-image,i-{name},l-end", out)
        assert done.returncode == USAGE and not out.exists(), name
    done = run("render", "--layer-root", tmp_path / "none", photo, "tr:l-image,i-a.png,l-end", out)
    assert done.returncode == USAGE and "--layer-root" in done.stderr.decode()


def test_render_decodes_svg_only_on_request(tmp_path):
    (tmp_path / "a.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" '
        'height="10" fill="red"/></svg>')
    done = run("render", tmp_path / "a.svg", "w=10", tmp_path / "out")
    assert done.returncode == REFUSED and "unsupported_type" in done.stderr.decode()
    done = run("render", "--source-type", "svg", tmp_path / "a.svg", "w=10", tmp_path / "out")
    assert done.returncode == GOOD and opened(tmp_path / "out").format == "PNG"


def test_render_uses_variants_in_chains(photo, tmp_path):
    done = run("render", "--variant", "small signed w=16", photo, "tr:n-small", tmp_path / "out")
    assert done.returncode == GOOD and opened(tmp_path / "out").size == (16, 12)


@pytest.mark.parametrize("content, reason", [
    (b"", "damaged"), (b"no image", "unsupported_type"), (b"<svg/>", "unsupported_type"),
    (pictures.quarters(640, 480)[:300], "damaged"), (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "damaged"),
])
def test_a_picture_that_does_not_come_names_its_reason(tmp_path, content, reason):
    (tmp_path / "in").write_bytes(content)
    done = run("render", tmp_path / "in", "w=8", tmp_path / "out")
    assert done.returncode == REFUSED
    assert f"render: {reason}: " in done.stderr.decode() and not (tmp_path / "out").exists()


def test_a_picture_beyond_the_limits(tmp_path, photo):
    (tmp_path / "in").write_bytes(pictures.plain(100, 100))
    done = run("render", tmp_path / "in", "w=12000,h=12000,fit=pad", tmp_path / "out")
    assert done.returncode == REFUSED and "render: output_too_large: " in done.stderr.decode()
    with open(tmp_path / "long", "wb") as file:
        file.truncate((40 << 20) + 1)
    done = run("render", tmp_path / "long", "w=8", tmp_path / "out")
    assert done.returncode == USAGE and "longer than 41943040 bytes" in done.stderr.decode()


@pytest.mark.parametrize("words", [
    ["w="], ["w=99999999999999"], ["frob=1"], [""], ["original"], ["w=9,watermark=logo"],
    ["tr:"], ["tr:w-"], ["tr:n-none"], ["tr:orig-true"], ["w=" + "9" * 100_000],
    ["--quality", "jpeg=0", "w=9"], ["--quality", "jpeg=101", "w=9"], ["--quality", "jpeg", "w=9"],
    ["--effort", "webp=11", "w=9"], ["--format", "bmp", "w=9"], ["--timeout", "0", "w=9"],
    ["--timeout", "2h", "w=9"], ["--source-type", "pdf", "w=9"], ["--variant", "w signed w=9,watermark=x", "tr:n-w"],
])
def test_render_refuses_options_that_cannot_be(photo, tmp_path, words):
    out = tmp_path / "out"
    done = run("render", *words[:-1], photo, words[-1], out)
    assert done.returncode == USAGE and not done.stdout and not out.exists()
    assert len(done.stderr) < 1000


def test_files_that_cannot_be_read_or_written(photo, tmp_path):
    for source, out in ((tmp_path / "missing", tmp_path / "out"), (tmp_path, tmp_path / "out"),
                        (photo, tmp_path / "none" / "out"), (photo, tmp_path)):
        done = run("render", source, "w=8", out)
        assert done.returncode == USAGE and b"render: cannot " in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["photo.png"]


# The documents.

@pytest.mark.parametrize("block", blocks(documents.page("tool.md"), "console"),
                         ids=lambda block: block.name)
def test_the_documents_show_what_is_printed(tmp_path, block):
    command, shown = re.fullmatch(r"\$ (.*?)\n(.*)", block.text, re.DOTALL).groups()
    write_key(tmp_path / "img.key", signing.KEY)
    (tmp_path / "cat.jpg").write_bytes(pictures.quarters(1200, 800, "JPEG"))
    (tmp_path / "notes.txt").write_bytes(b"no picture")
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, check=False, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "PATH": f"{TOOL.parent}:{os.environ['PATH']}"})
    printed = re.sub(r"\d+ bytes", "BYTES bytes", done.stdout.decode())
    assert sorted(printed.splitlines()) == sorted(shown.splitlines())



@pytest.mark.parametrize("command", COMMANDS)
def test_the_manual_has_every_option(command):
    manual = MANUAL.read_text().replace("\\-", "-")
    for option in re.findall(r"^  --([a-z-]+)", run(command, "--help").stdout.decode(), re.M):
        assert f"--{option}" in manual, option


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_manual_is_rendered_without_warnings():
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z", str(MANUAL)],
                          capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
