"""Manipulated signatures: digits moved between path and expiry, parameters in other cases, orders,
numbers and spellings, digests cut, extended and padded. A mutation that is still valid names the
same image and transformation; all others are refused."""

import hashlib
import hmac
import itertools
import random
import struct

import pytest

import barrage
import pictures
import signing

SITE = """
    private_image_key img.key;
    private_image_variant full signed original;
    location ^~ /ik/ { private_image imagekit; private_image_mark yes; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; private_image_mark yes;
                       proxy_pass {{ origin }}/; }
    location / { return 404; }
    location ^~ /always/ { private_image imagekit; private_image_signature always;
                           proxy_pass {{ origin }}/; }
"""
NAMES = {"imagekit": ("ik-s", "ik-t"), "cloudflare": ("sig", "exp")}
PREFIX = {"imagekit": "/ik/", "cloudflare": "/cf/"}
DENIED = {"imagekit": 401, "cloudflare": 403}
DIALECTS = tuple(NAMES)
SEED = random.randrange(10 ** 6)


@pytest.fixture(scope="module")
def site(gate, origin):
    origin.publish_folder("/vault/", pictures.plain(), etag='"one"')
    return gate(SITE, http="large_client_header_buffers 4 64k; keepalive_requests 100000;")


# A second implementation, from the documentation

def signed_text(dialect, target):
    """The text that a target's signature covers; None if it is malformed or absent."""
    path, question, query = target.partition("?")
    digest_name, expiry_name = NAMES[dialect]
    parameters = query.split("&") if question else []
    digests = [one for one in parameters if one.partition("=")[0] == digest_name]
    expiries = [one for one in parameters if one.partition("=")[0] == expiry_name]
    if len(digests) != 1 or len(expiries) > 1 or "#" in target:
        return None
    if not target.startswith(PREFIX[dialect]):
        return None
    expiry = expiries[0].partition("=")[2] if expiries else None
    if expiry is not None and (
            not (expiry.isascii() and expiry.isdigit()) or expiry[0] == "0"
            or not (len(expiry) == 10 if dialect == "imagekit" else len(expiry) <= 12)):
        return None
    gone = (digest_name, expiry_name) if dialect == "imagekit" else (digest_name,)
    rest = [one for one in parameters if one.partition("=")[0] not in gone]
    text = path + ("?" + "&".join(rest) if rest else "")
    if dialect == "imagekit":
        text = text[len(PREFIX[dialect]):] + (expiry or signing.NEVER)
    return text, digests[0].partition("=")[2]


def is_genuine(dialect, target):
    found = signed_text(dialect, target)
    algorithm = hashlib.sha1 if dialect == "imagekit" else hashlib.sha256
    return found is not None and found[1] == hmac.new(
        signing.KEY.encode(), found[0].encode("latin-1"), algorithm).hexdigest()


def without_signature(dialect, target):
    path, _, query = target.partition("?")
    return path, [one for one in query.split("&")
                  if one and one.partition("=")[0] not in NAMES[dialect]]


def assert_only_genuine_ones_open(site, dialect, targets, original=None):
    """Every accepted target was signed, and names the image and transformation of the original
    one."""
    targets = list(dict.fromkeys(targets))
    answers = barrage.ask_all(site.port, [barrage.head(target) for target in targets])
    opened = 0
    for target, answer in zip(targets, answers):
        genuine = is_genuine(dialect, target)
        if answer.status == 200:
            opened += 1
            assert genuine, (SEED, target)
            if original is not None:
                assert without_signature(dialect, target) == without_signature(dialect, original)
        else:
            assert not genuine, (SEED, target, answer)
            assert answer.status in (DENIED[dialect], 301, 400, 403, 404, 414), (target, answer)
            assert b"PNG" not in answer.body
    return opened


# Moving digits between what is joined

# Whatever follows the path when digits move, there is an image of that name.
@pytest.mark.parametrize("path", ["vault/1", "vault/2025", "vault/a1768062016", "vault/9999999999",
                                  "vault/17680620169999999999", "vault/a?v=1", "vault/a?v=",
                                  "vault/a?v=12345678901234567890", "vault/a?1&2", "vault/0"])
@pytest.mark.parametrize("expires", [None, 1999999999, signing.soon()],
                         ids=["never", "in 2033", "in an hour"])
def test_no_digit_moves_between_path_and_expiry(site, path, expires):
    good = signing.imagekit("/ik/" + path, "/ik/", expires=expires)
    digest = good.rpartition("ik-s=")[2]
    everything = path + (signing.NEVER if expires is None else str(expires))
    targets = [good]
    for cut in range(len(everything) + 1):
        start, rest = everything[:cut], everything[cut:]
        separator = "&" if "?" in start else "?"
        for tail in (f"ik-t={rest}&ik-s={digest}", f"ik-s={digest}&ik-t={rest}",
                     f"ik-s={digest}", f"ik-t=0{rest}&ik-s={digest}", f"ik-t=+{rest}&ik-s={digest}",
                     f"ik-t={rest}&ik-t=&ik-s={digest}", f"v={rest}&ik-s={digest}",
                     f"{rest}&ik-s={digest}"):
            targets.append(f"/ik/{start}{separator}{tail}")
    opened = assert_only_genuine_ones_open(site, "imagekit", targets, good)
    assert opened >= 2


def test_no_digit_moves_between_the_expiry_and_a_parameter(site):
    """Cloudflare signs the expiry in its place in the query: its name separates it from its
    neighbours."""
    good = signing.cloudflare("/cf/vault/a/full?v=12", expires=1999999999)
    path, _, digest = good.rpartition("&sig=")
    targets = [good]
    for cut in range(len(path) + 1):
        for glue in ("&", "?", "&exp=", "?exp=", "=", "%26", ";", "&&", "&sig=&"):
            targets.append(f"{path[:cut]}{glue}{path[cut:]}&sig={digest}")
    assert assert_only_genuine_ones_open(site, "cloudflare", targets, good) == 1


# Parameters

def spellings(name, value):
    """Ways to write a parameter that another parser may read in the same way."""
    one = f"{name}={value}"
    yield from (one, one.upper(), one.title(), f"{name.upper()}={value}", f"{name}={value.upper()}",
                f"{name}%3D{value}", f"{name}=%20{value}", f"{name}={value}%20", f"{name}=+{value}",
                f" {one}".replace(" ", "%20"), f"{name}={value}%00", f"{name}==" + value,
                f"{name}[]={value}", f"{name}[0]={value}", f"{name}.={value}", f"{name}=", name,
                f"{name}=\"{value}\"", f"{name}='{value}'", f"{name}={value};", f"{name}={value},",
                f"{name}={value}#", f"{name}={value}%0a", f"{name}={value}%0d%0a",
                f"{name}={value}\u00e9", f"{name}=\u00ff{value}", f"{name}={value}&", f"&{one}",
                f"{name}={value[:-1]}", f"{name}={value[1:]}", f"{name}={value}0",
                f"{name}=0{value}",
                f"{name}=0x{value}", f"{name}=-{value}", f"{name}={value}.0", f"{name}={value}e0",
                f"{name}=%{ord(value[0]):02x}{value[1:]}", f"%{ord(name[0]):02x}{name[1:]}={value}",
                f"{name}={value[::-1]}", f"{name}={'0' * len(value)}", f"{name}={value * 2}",
                f"{name}={value * 200}", f"{name}=", f"{name}=null", f"{name}=undefined",
                f"{name}=true", f"{name}=*", f"{name}={value},{value}", "")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_parameters_spelled_twisted_and_doubled(site, dialect):
    digest_name, expiry_name = NAMES[dialect]
    last, chance, targets = "/full" if dialect == "cloudflare" else "", random.Random(SEED), []
    for extra in ("", "v=1", "tr=w-20"):
        path = f"{PREFIX[dialect]}vault/a{last}"
        plain = path + (f"?{extra}" if extra else "")
        good = signing.sign(dialect, plain, PREFIX[dialect], expires=1999999999)
        digest = good.rpartition("=")[2]
        for expiry, sign in itertools.product(spellings(expiry_name, "1999999999"),
                                              spellings(digest_name, digest)):
            parts = [extra, expiry, sign] if extra else [expiry, sign]
            more = [*parts, f"{digest_name}={digest}", f"{expiry_name}=1999999999", "", "a"]
            orders = [parts, parts[::-1], [*parts, chance.choice(more)],
                      [chance.choice(more), *parts], chance.sample(parts, len(parts))]
            targets += [f"{path}?{'&'.join(order)}" for order in orders]
    assert len(set(targets)) > 10000
    assert assert_only_genuine_ones_open(site, dialect, targets) > 2


# Digests

@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_bit_of_a_digest_counts(site, dialect):
    last = "/full" if dialect == "cloudflare" else ""
    plain = f"{PREFIX[dialect]}vault/b{last}"
    good = signing.sign(dialect, plain, PREFIX[dialect], expires=1999999999)
    start, _, digest = good.rpartition("=")
    targets = [good]
    for place, bit in itertools.product(range(len(digest)), range(4)):
        digit = f"{int(digest[place], 16) ^ 1 << bit:x}"
        targets.append(f"{start}={digest[:place]}{digit}{digest[place + 1:]}")
    for length in range(len(digest)):
        targets += [f"{start}={digest[:length]}", f"{start}={digest[length:]}"]
    for algorithm in ("md5", "sha1", "sha224", "sha256", "sha512"):
        for key, text in itertools.product(
                (signing.KEY, "", signing.OTHER_KEY, signing.KEY + "\n", signing.KEY[:16]),
                (signed_text(dialect, good)[0], plain, good, "")):
            if (key, text) != (signing.KEY, signed_text(dialect, good)[0]):
                targets.append(f"{start}=" + hmac.new(key.encode(), text.encode(),
                                                      algorithm).hexdigest())
            targets.append(f"{start}=" + hashlib.new(algorithm, (key + text).encode()).hexdigest())
    assert assert_only_genuine_ones_open(site, dialect, targets, good) == 1


def padded(length, more):
    """The padding that a hash appends to a message of `length` bytes, followed by more bytes."""
    return b"\x80" + b"\0" * ((55 - length) % 64) + struct.pack(">Q", length * 8) + more


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("key_length", [len(signing.KEY), 64, 0])
def test_a_digest_is_not_continued(site, dialect, key_length):
    """Length extension: continues the hash of more text from the known digest. A plain hash of key
    and text would accept it."""
    last = "/full" if dialect == "cloudflare" else ""
    good = signing.sign(dialect, f"{PREFIX[dialect]}vault/c{last}", PREFIX[dialect])
    text, digest = signed_text(dialect, good)
    name = NAMES[dialect][0]
    go_on = continued_sha1 if dialect == "imagekit" else continued_sha256
    targets = [good]
    for more in (b"", b"a", b"&x=1", b"9999999999", b"/full"):
        glue = padded(key_length + len(text), more)
        forged = go_on(bytes.fromhex(digest), more, key_length + len(text))
        escaped = "".join(f"%{byte:02x}" for byte in glue[:len(glue) - len(more)]) + more.decode()
        for tail in (escaped, glue.replace(b"\0", b"%00").decode("latin-1")):
            for one in (digest, forged):
                targets.append(f"{good.partition('?')[0]}{tail}?{name}={one}")
                targets.append(f"{good.partition('?')[0]}?v={tail}&{name}={one}")
    assert assert_only_genuine_ones_open(site, dialect, targets, good) == 1


def turn(value, by):
    return (value << by | value >> 32 - by) & 0xffffffff


def blocks(more, length):
    """The words that a hash reads after `length` bytes and their padding."""
    before = length + len(padded(length, b""))
    tail = more + padded(before + len(more), b"")
    for start in range(0, len(tail), 64):
        yield list(struct.unpack(">16I", tail[start:start + 64]))


def continued_sha1(state, more, length):
    state = list(struct.unpack(">5I", state))
    for words in blocks(more, length):
        for i in range(16, 80):
            words.append(turn(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1))
        a, b, c, d, e = state
        for i, word in enumerate(words):
            mixed, constant = (
                (b & c | ~b & d, 0x5a827999), (b ^ c ^ d, 0x6ed9eba1),
                (b & c | b & d | c & d, 0x8f1bbcdc), (b ^ c ^ d, 0xca62c1d6))[i // 20]
            a, b, c, d, e = ((turn(a, 5) + mixed + e + constant + word) & 0xffffffff, a,
                             turn(b, 30), c, d)
        state = [(old + new) & 0xffffffff for old, new in zip(state, (a, b, c, d, e))]
    return struct.pack(">5I", *state).hex()


def roots(count, power):
    """The fractional parts of roots of the first primes, which are the constants of SHA-256."""
    primes = [n for n in range(2, 400) if all(n % m for m in range(2, n))][:count]
    return [whole_root(prime << 32 * power, power) & 0xffffffff for prime in primes]


def whole_root(value, power):
    low, high = 0, 1 << 40
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle ** power <= value else (low, middle - 1)
    return low


def continued_sha256(state, more, length):
    state, constants = list(struct.unpack(">8I", state)), roots(64, 3)
    for words in blocks(more, length):
        for i in range(16, 64):
            early, late = words[i - 15], words[i - 2]
            words.append((words[i - 16] + words[i - 7]
                          + (turn(early, 25) ^ turn(early, 14) ^ early >> 3)
                          + (turn(late, 15) ^ turn(late, 13) ^ late >> 10)) & 0xffffffff)
        a, b, c, d, e, f, g, h = state
        for word, constant in zip(words, constants):
            first = (h + (turn(e, 26) ^ turn(e, 21) ^ turn(e, 7)) + (e & f ^ ~e & g) + constant
                     + word)
            second = (turn(a, 30) ^ turn(a, 19) ^ turn(a, 10)) + (a & b ^ a & c ^ b & c)
            a, b, c, d, e, f, g, h = ((first + second) & 0xffffffff, a, b, c,
                                      (d + first) & 0xffffffff, e, f, g)
        state = [(old + new) & 0xffffffff for old, new in zip(state, (a, b, c, d, e, f, g, h))]
    return struct.pack(">8I", *state).hex()


def test_the_continuation_is_right():
    """Without this, the test above would prove nothing."""
    for name, go_on in (("sha1", continued_sha1), ("sha256", continued_sha256)):
        known = b"key" + b"text"
        wanted = hashlib.new(name, known + padded(len(known), b"more")).hexdigest()
        assert go_on(hashlib.new(name, known).digest(), b"more", len(known)) == wanted


# Targets

@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_byte_of_a_target_may_change(site, dialect):
    last = "/full" if dialect == "cloudflare" else ""
    good = signing.sign(dialect, f"{PREFIX[dialect]}vault/Abc%2D.png{last}?v=1&w", PREFIX[dialect],
                        expires=1999999999)
    targets = [good]
    for place in range(1, len(good)):
        before, here, after = good[:place], good[place], good[place + 1:]
        for other in ("", here + here, here.swapcase(), f"%{ord(here):02X}", f"%{ord(here):02x}",
                      here + "\u00ad", "/" + here, "./" + here, here + "%00", here + "&", "+",
                      here + "?", "a", here + ";", here + "\u00e9"):
            targets.append(before + other + after)
    targets = [target for target in targets if without_signature(dialect, target)
               != without_signature(dialect, good) or not is_genuine(dialect, target)]
    assert_only_genuine_ones_open(site, dialect, targets)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("length", [1000, 8000, 40000, 70000])
def test_very_long_targets_are_refused_or_verified(site, dialect, length):
    last = "/full" if dialect == "cloudflare" else ""
    plain = f"{PREFIX[dialect]}vault/d{last}?v={'1' * length}"
    good = signing.sign(dialect, plain, PREFIX[dialect], expires=1999999999)
    for target in (good, good.replace("v=1", "v=2"), good[:-1], good + "&", good + "&a=b"):
        answer, = barrage.ask_all(site.port, [barrage.head(target)], connections=1)
        fits = length < 60000
        genuine = fits and is_genuine(dialect, target)
        assert (answer.status == 200) == genuine and (fits or answer.status == 414)


def test_no_malformed_signature_passes_with_signature_always(site):
    digest = signing.imagekit("/always/vault/e", "/always/").rpartition("=")[2]
    targets = [f"/always/vault/e?{one}" for one in spellings("ik-s", digest)]
    targets += ["/always/vault/e?" + one for one in ("ik-t=9999999999", "ik-s", "ik-s=&ik-t=")]
    answers = barrage.ask_all(site.port, [barrage.head(target) for target in targets])
    opened = [target for target, answer in zip(targets, answers) if answer.status == 200]
    assert set(opened) <= {target for target in targets if target.rstrip("&").replace("?&", "?")
                           == f"/always/vault/e?ik-s={digest}"}
    assert f"/always/vault/e?ik-s={digest}" in opened
