"""Errors in the configuration: `nginx -t` names the file, the line, the invalid value and what to
write instead. Each entry of the table is one invalid line."""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

import nginx
import pictures
import signing

GATE = """
    private_image imagekit;
    proxy_pass {{ origin }}/;
"""


@dataclasses.dataclass
class InvalidLine:
    """The line of `location`, `server` or `http` that ends with `# here` is the invalid one."""

    name: str
    location: str
    invalid: str = ""        # the message must quote it as written
    advice: str = ""           # a pattern: what the message proposes
    server: str = ""
    http: str = ""
    prefix: str = "^~ /img/"
    bare: bool = False       # without GATE
    near: bool = False       # several lines make the error: any line of the location will do


def value(directive, invalid, advice="", **more):
    """A directive whose value is invalid."""
    return InvalidLine(f"{directive} {invalid}", f"private_image_{directive} {invalid}; # here",
                       invalid=more.pop("named", invalid.split()[-1]), advice=advice, **more)


KEYS = [
    InvalidLine("missing key", "private_image_key nowhere.key; # here", "nowhere.key", "No such file"),
    InvalidLine("directory as key", "private_image_key keys; # here", "keys", "directory"),
    InvalidLine("empty key", "private_image_key empty.key; # here", "empty.key", "empty|16"),
    InvalidLine("newline as key", "private_image_key newline.key; # here", "newline.key", "empty|16"),
    InvalidLine("short key", "private_image_key short.key; # here", "short.key", "16"),
    InvalidLine("long key", "private_image_key long.key; # here", "long.key", "4"),
    InvalidLine("key option", "private_image_key img.key secondary; # here", "secondary", "primary"),
    InvalidLine("always without key", "private_image_signature always; # here", "always",
                "private_image_key", near=True),
]

CHOICES = [
    value("denied_status", "402", "401.*403.*404"),
    value("denied_status", "200", "401.*403.*404"),
    value("signature", "sometimes", "private.*always"),
    value("adhoc", "maybe", "off.*public.*signed.*on"),
    value("unmarked", "secret", "public.*private|private.*public"),
    value("format", "bmp", "jpeg|auto"),
    value("auto_formats", "avif bmp", "webp|avif"),
    value("source_types", "jpeg bmp", "jpeg|png"),
    value("source_types", "pdf", "jpeg|png"),
    InvalidLine("unknown dialect", "private_image cloudinary; # here\nproxy_pass {{ origin }}/;",
                "cloudinary", "cloudflare.*imagekit|imagekit.*cloudflare", bare=True),
    InvalidLine("dialect twice", "private_image cloudflare; # here", advice="duplicate"),
    InvalidLine("dialect outside a location", "", advice="not allowed here",
                server="private_image imagekit; # here"),
    InvalidLine("origin that is neither URI nor name",
                "private_image imagekit;\nprivate_image_origin originals; # here",
                "originals", "/|@", bare=True),
]

NUMBERS = [
    *[value(directive, invalid) for directive, invalid in [
        ("renders", "0"), ("renders", "-1"), ("renders", "many"),
        ("renders", "2 queue=lots"), ("renders", "2 queue=-1"), ("renders", "2 length=4"),
        ("timeout", "soon"), ("timeout", "-1"), ("timeout", "0"),
        ("render_timeout", "soon"), ("render_timeout", "10x"), ("render_timeout", "0"),
        ("max_expiry", "later"), ("max_expiry", "-5"),
        ("max_source_size", "big"), ("max_source_size", "-1"), ("max_source_size", "0"),
        ("max_source_pixels", "0"), ("max_source_pixels", "1x"),
        ("max_progressive_pixels", "0"), ("max_progressive_pixels", "many"),
        ("max_output_pixels", "0"), ("max_output_pixels", "many"),
        ("max_frames", "0"), ("max_frames", "few"), ("max_frames", "-2"),
        ("quality", "jpeg=0"), ("quality", "jpeg=101"), ("quality", "jpeg=best"),
        ("quality", "jpeg"), ("quality", "bmp=80"), ("quality", "webp=-1"),
        ("effort", "avif=11"), ("effort", "webp=-1"), ("effort", "avif=hard"), ("effort", "bmp=3"),
    ]],
    value("thread_pool", "nosuchpool", "unknown thread pool"),
    value("max_frames", "10 20", advice="number of arguments|argument", named=""),
]

VARIANTS = [
    value("variant", "small hidden w=10", "public.*signed|signed.*public", named="hidden"),
    value("variant", "small public w=10,frobnicate=1", "frobnicate", named="frobnicate"),
    value("variant", "small public w=abc", named="w=abc"),
    value("variant", "small public tr:zz-1", named="zz-1"),
    value("variant", "small public tr:n-nosuch", named="nosuch"),
    value("variant", "a/b public w=10", named="a/b"),
    value("variant", "small public", named="small"),
    value("variant", "small on", "off", named="on"),
    value("variant", "full public original", "signed", named="original"),
    value("variant", "small public w=10,watermark=nosuch", "private_image_watermark",
          named="nosuch"),
    InvalidLine("variant twice", "private_image_variant small public w=10;\n"
                "private_image_variant small public w=20; # here", "small", "duplicate"),
]

WATERMARKS = [
    value("watermark", "logo nowhere.png", "No such file", named="nowhere.png"),
    value("watermark", "logo keys", "directory", named="keys"),
    value("watermark", "logo words.png", "image", named="words.png"),
    value("watermark", "logo torn.png", named="torn.png"),
    value("watermark", "logo logo.png gravity=nowhere", "center|bottom-right"),
    value("watermark", "logo logo.png opacity=2", "0.*1"),
    value("watermark", "logo logo.png opacity=-1", "0.*1"),
    value("watermark", "logo logo.png scale=1.5", "0.*1"),
    value("watermark", "logo logo.png margin=-3"),
    value("watermark", "logo logo.png margin=wide"),
    value("watermark", "logo logo.png colour=red", "gravity|opacity"),
    InvalidLine("watermark twice", "private_image_watermark logo logo.png;\n"
                "private_image_watermark logo logo.png; # here", "logo", "duplicate"),
]

PLACES = [
    InvalidLine("regex location without prefix", "private_image imagekit;\nroot files;",
                advice="private_image_prefix", near=True, bare=True, prefix="~ ^/img/"),
    InvalidLine("gate without origin", "private_image imagekit;", near=True, bare=True,
                advice="proxy_pass|private_image_origin|root"),
]

def in_http(directive, invalid, advice="", **more):
    """The same for a directive of the http block."""
    return InvalidLine(f"{directive} {invalid}", "", invalid=more.pop("named", invalid.split()[-1]),
                       advice=advice, http=f"private_image_{directive} {invalid}; # here", **more)


ONE_CACHE = "private_image_cache_path cache keys_zone=pictures:1m;\n"

CACHING = [
    *[value(directive, invalid) for directive, invalid in [
        ("cache_valid", "forever"), ("cache_valid", "-1"), ("cache_valid", "off"),
        ("cache_valid", "4000d"),
        ("cache_min_uses", "0"), ("cache_min_uses", "1024"), ("cache_min_uses", "few"),
        ("mark_valid", "soon"), ("mark_valid", "-1"), ("mark_valid", "off"),
        ("missing_valid", "soon"), ("missing_valid", "-1"), ("missing_valid", "off"),
    ]],
    value("cache_use_stale", "sometimes", "a time.*off"),
    value("cache_use_stale", "error timeout", "number of arguments", named=""),
    value("shared_cache", "maybe", "on.*off"),
    value("purge", "from=all", "from=any"),
    value("purge", "any", "from=any"),
    value("status", "xml", "prometheus.*json.*html"),
    value("cache", "nosuch", "private_image_cache_path .*keys_zone=nosuch"),
    InvalidLine("cache of proxy_cache", "private_image_cache others; # here", "others", "different use",
                http="proxy_cache_path cache keys_zone=others:1m;"),
    InvalidLine("cache twice", "private_image_cache off;\nprivate_image_cache pictures; # here",
                advice="duplicate", http=ONE_CACHE),
    InvalidLine("cache without a zone", "private_image_cache pictures; # here",
                advice="private_image_zone NAME:SIZE", http=ONE_CACHE + "private_image_zone off;"),
    InvalidLine("purge twice", "private_image_purge;\nprivate_image_purge; # here", advice="duplicate",
                bare=True),
    InvalidLine("purge in a gate", "private_image_purge;", "private_image_purge", "location", near=True),
    InvalidLine("purge outside a location", "", advice="not allowed here",
                server="private_image_purge; # here"),
    InvalidLine("status outside a location", "", advice="not allowed here",
                server="private_image_status; # here"),
]

IN_HTTP = [
    *[in_http("zone", invalid, "NAME:SIZE.*128k.*off") for invalid in [
        "10m", "images", ":10m", "images:", "images:64k", "images:127k", "images:lots",
        "images:-1", "on"]],
    in_http("cache_path", "cache levels=1:2", "keys_zone", named=""),
    in_http("cache_path", "cache keys_zone=pictures", "keys.zone"),
    in_http("cache_path", "cache keys_zone=pictures:1k", "too small", named="pictures"),
    in_http("cache_path", "cache keys_zone=pictures:1m levels=9", "levels"),
    in_http("cache_path", "cache keys_zone=pictures:1m colour=red", "parameter"),
    InvalidLine("zone twice", "", advice="duplicate",
                http="private_image_zone images:1m;\nprivate_image_zone images:1m; # here"),
    InvalidLine("cache's name twice", "", "pictures", "duplicate",
                http=ONE_CACHE + "private_image_cache_path other keys_zone=pictures:1m; # here"),
    InvalidLine("zone outside http", "", advice="not allowed here",
                server="private_image_zone images:1m; # here"),
    InvalidLine("cache path outside http", "", advice="not allowed here",
                server="private_image_cache_path cache keys_zone=pictures:1m; # here"),
]

INVALID_LINES = KEYS + CHOICES + NUMBERS + VARIANTS + WATERMARKS + PLACES + CACHING + IN_HTTP

FILES = {
    "conf/keys/img.key": signing.KEY.encode(),
    "conf/empty.key": b"",
    "conf/newline.key": b"\n",
    "conf/short.key": b"fifteen bytes.." + b"\n",
    "conf/long.key": b"k" * 4097,
    "conf/logo.png": pictures.plain(20, 10),
    "conf/words.png": b"these are words, not pixels\n" * 20,
    "conf/torn.png": pictures.noise(40, 40, "PNG")[:900],
}


def location_of(invalid_line):
    body = "" if invalid_line.bare else GATE
    return f"{invalid_line.server}\nlocation {invalid_line.prefix} {{\n{body}\n{invalid_line.location}\n}}\n"


@pytest.fixture(scope="module")
def place(folder):
    return folder(FILES)


def problems(output, level):
    return [line for line in output.splitlines() if f"[{level}]" in line]


@pytest.mark.parametrize("invalid_line", INVALID_LINES, ids=lambda invalid_line: invalid_line.name)
def test_the_message_names_the_invalid_line_and_the_correction(place, invalid_line):
    text = place.configure(server=location_of(invalid_line), http=invalid_line.http, observed=False)
    result = place.check()
    assert result.returncode != 0, f"accepted:\n{result.stdout}"
    lines = problems(result.stdout, "emerg")
    assert len(lines) == 1, result.stdout
    message = lines[0]
    found = re.search(r" in (\S+/conf/nginx\.conf):(\d+)$", message)
    assert found, f"no file and line: {message}"
    assert int(found[2]) in possible_lines(text, invalid_line), f"another line: {message}"
    declared = message[:found.start()]
    assert invalid_line.invalid in declared, f"does not name {invalid_line.invalid}: {message}"
    assert re.search(invalid_line.advice, declared), f"does not propose {invalid_line.advice}: {message}"


def possible_lines(text, invalid_line):
    lines = text.splitlines()
    if not invalid_line.near:
        return [number for number, line in enumerate(lines, 1) if "# here" in line]
    first = next(n for n, line in enumerate(lines, 1) if f"location {invalid_line.prefix}" in line)
    last = next(n for n, line in enumerate(lines, 1) if n > first and line.strip() == "}")
    return range(first, last + 1)


@pytest.mark.parametrize("invalid_line", [m for m in NUMBERS + CHOICES + VARIANTS + WATERMARKS
                                     + CACHING if not m.advice], ids=lambda invalid_line: invalid_line.name)
def test_the_message_of_an_invalid_value_names_valid_ones(place, invalid_line):
    place.configure(server=location_of(invalid_line), http=invalid_line.http, observed=False)
    message = problems(place.check().stdout, "emerg")[0]
    assert re.search("write |must be ", message.partition(invalid_line.invalid)[2]), message


@pytest.fixture(scope="module")
def no_codecs(place):
    """The environment of an nginx whose libheif has no codecs."""
    source = place.write("no_codecs.c", b"""
        struct error { int code, subcode; const char *message; };
        static const struct error unsupported = {4, 0, "no codec"};
        struct error heif_context_get_encoder_for_format(void *c, int format, void **encoder) {
            return unsupported;
        }
        struct error heif_decode_image(const void *handle, void **image, int space, int chroma,
                                       const void *options) {
            return unsupported;
        }""")
    library = place.path / "no_codecs.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}


@pytest.mark.parametrize("directive, named, package", [
    ("private_image_format avif;", "write avif", "aomenc"),
    ("private_image_auto_formats webp avif;", "write avif", "aomenc"),
    ("private_image_variant small public w=20,f=avif;", "write avif", "aomenc"),
    ("private_image_source_types jpeg avif;", "read avif", "dav1d"),
    ("private_image_source_types heic;", "read heic", "libde265"),
])
def test_a_format_without_its_codec_is_refused(place, no_codecs, directive, named, package):
    place.configure(server=f"location ^~ /img/ {{\n{GATE}\n{directive} # here\n}}")
    assert place.check().returncode == 0
    result = place.check(env=no_codecs)
    assert result.returncode != 0
    (message,) = problems(result.stdout, "emerg")
    assert f"cannot {named}" in message and "conf/nginx.conf:" in message
    assert f"install the package libheif-plugin-{package} or " in message


@pytest.mark.parametrize("format_, warned", [("source", False), ("auto", True)])
def test_a_default_format_without_its_codec_is_left_out(place, no_codecs, format_, warned):
    place.configure(server=f"location ^~ /img/ {{\n{GATE}\nprivate_image_format {format_};\n}}")
    result = place.check(env=no_codecs)
    assert result.returncode == 0, result.stdout
    warnings = problems(result.stdout, "warn")
    assert len(warnings) == warned
    assert all("avif" in line and "libheif-plugin-aomenc" in line for line in warnings)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that its child can't read")
def test_an_unreadable_key_is_refused(folder):
    place = folder()
    place.configure(server=f"location ^~ /img/ {{\n{GATE}\nprivate_image_key img.key; # here\n}}",
                    observed=False)
    # The workers' user must reach everything except the key, so all of it moves out of root's
    # folders.
    with tempfile.TemporaryDirectory() as open_folder:
        os.chmod(open_folder, 0o755)
        shutil.copytree(place.path, open_folder, dirs_exist_ok=True)
        shutil.copy(nginx.MODULE, open_folder)
        configuration = pathlib.Path(open_folder, "conf/nginx.conf")
        text = configuration.read_text().replace(str(place.path), open_folder)
        configuration.write_text(text.replace(str(nginx.MODULE),
                                              f"{open_folder}/{nginx.MODULE.name}"))
        for path in [pathlib.Path(open_folder), *pathlib.Path(open_folder).rglob("*")]:
            if path.name != "img.key":
                os.chown(path, 65534, 65534)
        result = subprocess.run([nginx.BINARY, "-p", f"{open_folder}/", "-c", "conf/nginx.conf",
                                 "-e", "logs/start.log", "-t"], text=True, timeout=60, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                user=65534, group=65534, extra_groups=[])
    message = problems(result.stdout, "emerg")[0]
    assert "img.key" in message and "Permission denied" in message
    assert "conf/nginx.conf:" in message


@pytest.mark.parametrize("content, mode, warning", [
    (signing.KEY.encode() + b"\r\n", 0o600, "carriage return|blank"),
    (signing.KEY.encode() + b"\r", 0o600, "carriage return|blank"),
    (signing.KEY.encode() + b" \n", 0o600, "carriage return|blank"),
    (signing.KEY.encode() + b"\t\n", 0o600, "carriage return|blank"),
    (signing.KEY.encode() + b"\n", 0o644, "others|world"),
    (signing.KEY.encode() + b"\n", 0o604, "others|world"),
], ids=["CRLF", "CR", "blank", "tab", "mode 644", "mode 604"])
def test_a_weak_key_is_accepted_with_a_warning(folder, content, mode, warning):
    place = folder()
    place.write("conf/doubtful.key", content, mode)
    text = place.configure(server=f"location ^~ /img/ {{\n{GATE}\n"
                                  "private_image_key doubtful.key; # here\n}", observed=False)
    result = place.check()
    assert result.returncode == 0, result.stdout
    warnings = problems(result.stdout, "warn")
    assert len(warnings) == 1, result.stdout
    line = next(n for n, line in enumerate(text.splitlines(), 1) if "# here" in line)
    assert "doubtful.key" in warnings[0] and f"nginx.conf:{line}" in warnings[0]
    assert re.search(warning, warnings[0])


@pytest.mark.parametrize("content, mode", [
    (signing.KEY.encode() + b"\n", 0o600),
    (signing.KEY.encode(), 0o640),
    (b"sixteen bytes ok", 0o400),
    (b"k" * 4096, 0o600),
    (b"k" * 4096 + b"\n", 0o600),
], ids=["usual", "no newline", "sixteen bytes", "4 KB", "4 KB and newline"])
def test_a_good_key_is_accepted_without_a_warning(folder, content, mode):
    place = folder()
    place.write("conf/good.key", content, mode)
    place.configure(server=f"location ^~ /img/ {{\n{GATE}\nprivate_image_key good.key;\n}}")
    result = place.check()
    assert result.returncode == 0, result.stdout
    assert not problems(result.stdout, "warn")


def test_a_key_never_shows_in_a_message(place):
    place.write("conf/short.key", b"sesame-open\n", 0o600)
    place.configure(server=f"location ^~ /img/ {{\n{GATE}\nprivate_image_key short.key;\n}}")
    result = place.check()
    assert result.returncode != 0
    assert "sesame" not in result.stdout


EVERYTHING = """
    private_image_key img.key;
    private_image_key other.key primary;
    private_image_watermark logo logo.png gravity=bottom-right opacity=0.5 scale=0.25 margin=8;
    private_image_watermark tiles {{ folder }}/conf/logo.png tile;
    private_image_variant preview public w=600,watermark=logo;
    private_image_variant card signed tr:w-300,h-200:bl-3;
    private_image_variant full signed original;
    private_image_variant nested signed tr:n-card;
    private_image_signature private;
    private_image_adhoc signed;
    private_image_flag Is-Private-File X-Hidden;
    private_image_mark $arg_nothing;
    private_image_unmarked private;
    private_image_max_expiry 1d;
    private_image_denied_status 404;
    private_image_renders 2 queue=8;
    private_image_thread_pool default;
    private_image_timeout 20s;
    private_image_render_timeout 5s;
    private_image_max_source_size 20m;
    private_image_max_source_pixels 64m;
    private_image_max_progressive_pixels 20m;
    private_image_max_output_pixels 16m;
    private_image_max_frames 100;
    private_image_source_types jpeg png webp gif avif heic tiff svg;
    private_image_format auto;
    private_image_auto_formats webp avif;
    private_image_quality jpeg=75 webp=70 avif=45;
    private_image_effort avif=3 webp=4;
    private_image_identity $host;
    private_image_cache pictures;
    private_image_cache_valid 5m;
    private_image_cache_use_stale 1d;
    private_image_cache_bypass $arg_fresh $http_pragma;
    private_image_cache_min_uses 2;
    private_image_mark_valid 0;
    private_image_missing_valid 500ms;
    private_image_shared_cache on;
"""


@pytest.mark.parametrize("context", ["http", "server", "location"])
def test_every_directive_is_accepted_in_its_contexts(folder, context):
    place = folder(FILES)
    texts = {"http": ONE_CACHE + "private_image_zone images:128k;\n", "server": ""}
    inner = EVERYTHING if context == "location" else ""
    if context != "location":
        texts[context] += EVERYTHING
    texts["server"] += f"location ^~ /img/ {{\n{GATE}\n{inner}\n}}"
    place.configure(**texts)
    result = place.check()
    assert result.returncode == 0, result.stdout
    assert not problems(result.stdout, "warn") and not problems(result.stdout, "emerg")


@pytest.mark.parametrize("http, location", [
    ("private_image_zone off;", "private_image_cache off;"),
    ("", "private_image_cache_use_stale off; private_image_cache_valid 0;"),
    ("private_image_zone off;" + ONE_CACHE, ""),
    (ONE_CACHE + "private_image_cache_path more keys_zone=more:1m max_size=1g inactive=30d "
     "use_temp_path=off levels=1:2;", "private_image_cache more;"),
    (ONE_CACHE + "private_image_cache pictures;", "private_image_cache off;"),
])
def test_a_cache_can_be_set_and_switched_off(folder, http, location):
    place = folder(FILES)
    place.configure(server=f"location ^~ /img/ {{\n{GATE}\n{location}\n}}", http=http)
    result = place.check()
    assert result.returncode == 0, result.stdout
    assert not problems(result.stdout, "warn")


def test_the_name_of_the_zone_cannot_be_used_twice(folder):
    """NGINX lets modules share a zone by name, but the zone of a cache cannot store image
    states."""
    place = folder(FILES)
    for http in ("private_image_zone pictures:1m;\n" + ONE_CACHE,
                 ONE_CACHE + "private_image_zone pictures:1m;",
                 "private_image_cache_path cache keys_zone=private_image:1m;",
                 "private_image_zone others:1m;\nproxy_cache_path cache keys_zone=others:1m;"):
        place.configure(server=f"location ^~ /img/ {{\n{GATE}\n}}", http=http, observed=False)
        result = place.check()
        assert result.returncode != 0, http
        (message,) = problems(result.stdout, "emerg")
        assert "write " in message and "/conf/nginx.conf:" in message


def test_the_shortest_configuration_of_the_readme_is_accepted(folder):
    place = folder(FILES)
    place.configure(server="""
        location ^~ /img/ {
            private_image            imagekit;
            private_image_key        img.key;
            private_image_watermark  logo logo.png;
            private_image_variant    preview public w=600,watermark=logo;
            proxy_pass               {{ origin }}/;
        }""")
    assert place.check().returncode == 0


INHERITANCE = """
    private_image_variant small public w=10;
    private_image_variant gone public w=10;
    private_image_key img.key;
    location ^~ /same/ {
        private_image imagekit;
        proxy_pass {{ origin }}/;
    }
    location ^~ /own/ {
        private_image imagekit;
        private_image_variant small public w=20;
        private_image_variant large public w=30;
        private_image_variant gone off;
        private_image_key other.key;
        proxy_pass {{ origin }}/;
    }
    location ^~ /off/ {
        private_image off;
        proxy_pass {{ origin }}/;
    }
"""


@pytest.fixture(scope="module")
def inheriting(gate):
    return gate(INHERITANCE)


@pytest.fixture(scope="module")
def picture(origin):
    return origin.publish(pictures.plain(60, 40))


def width(answer):
    assert answer.status == 200, answer
    return answer.image().size[0]


def test_variants_are_inherited(inheriting, picture):
    assert width(inheriting.get(f"/same/tr:n-small{picture}")) == 10
    assert width(inheriting.get(f"/same/tr:n-gone{picture}")) == 10


def test_a_lower_level_replaces_a_variant_by_name(inheriting, picture):
    assert width(inheriting.get(f"/own/tr:n-small{picture}")) == 20


def test_a_lower_level_adds_a_variant(inheriting, picture):
    assert width(inheriting.get(f"/own/tr:n-large{picture}")) == 30
    assert inheriting.get(f"/same/tr:n-large{picture}").verdict == (400, "unknown_variant")


def test_a_lower_level_removes_a_variant(inheriting, picture):
    assert inheriting.get(f"/own/tr:n-gone{picture}").verdict == (400, "unknown_variant")


def test_keys_are_inherited_until_a_lower_level_names_its_own(inheriting, origin):
    secret = origin.publish(pictures.plain(), private=True)

    def status(prefix, key):
        return inheriting.get(signing.imagekit(prefix + secret[1:], prefix, key)).status

    assert status("/same/", signing.KEY) == 200
    assert status("/same/", signing.OTHER_KEY) == 401
    assert status("/own/", signing.OTHER_KEY) == 200
    assert status("/own/", signing.KEY) == 401


def test_a_location_with_private_image_off_sends_everything(inheriting, origin):
    secret = origin.publish(pictures.plain(), private=True)
    answer = inheriting.get(f"/off{secret}")
    assert answer.status == 200 and not answer.reason
