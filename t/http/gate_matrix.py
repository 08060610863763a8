"""The cells of the gate's matrix: one nginx with a gate for each dialect and form of origin, the
requests, and signatures that are not valid. The tests define the states of cache and zone and the
expected answers."""

import dataclasses
import io
import itertools
import os

from PIL import Image, PngImagePlugin

import barrage
import decision_table
import signing
from origin import http_date

NONCE = b"nonce-5f1d8a20c4"
STRIKING = (255, 0, 254)
MODIFIED = 1700000000

DIALECTS = ("cloudflare", "imagekit")
FORMS = ("proxy", "folder", "inner", "kept", "s3", "sliced")

HTTP = """
    private_image_cache_path {{ folder }}/cache levels=1:2 keys_zone=derivatives:4m;
    proxy_cache_path {{ folder }}/originals keys_zone=originals:4m;
    {{ zone }}
    large_client_header_buffers 4 16k;
    keepalive_requests 100000;
    open_file_cache off;
    add_header X-Reason $private_image_reason always;
    map $request_uri $lifetime   { ~/aged/ "max-age=0"; default "max-age=600"; }
    map $request_uri $flag       { ~/secret/ true; default false; }
    map $request_uri $inner      { ~^/to-[a-z]+(?<inner_target>/.*)$ $inner_target; }
    map $request_uri $inner_path { ~^/to-[a-z]+(?<inner_uri>/[^?]*) $inner_uri; }
    map $request_uri $inner_args { ~[?](?<inner_query>.*)$ $inner_query; }
    map $private_image_path $is_secret { ~^/secret/ yes; default no; }
    upstream web { server 127.0.0.1:{{ port_of('origin') }}; keepalive 8; }
    server {
        listen 127.0.0.1:{{ port_of('origin') }};
        location /to-accel/ { add_header X-Accel-Redirect $http_x_inner always; return 200 "x"; }
        location / {
            if (-f {{ folder }}/dead) { return 444; }
            if ($request_uri !~ /(secret|open)/) { return 404; }
            set $declared $flag;
            if ($request_uri ~ /secret/turned) { set $declared false; }
            if (-f {{ folder }}/turned) { set $declared $flag; }
            rewrite /secret/ /secret.png break;
            rewrite /open/ /open.png break;
            add_header Is-Private-File $declared;
            add_header Cache-Control $lifetime;
            root files;
        }
    }
"""

SITE = """
    listen 127.0.0.1:{{ port_of('h2') }} http2;
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_cache_use_stale 1h;
    private_image_renders 2 queue=1000;
    private_image_variant open public w=20;
    private_image_variant closed signed w=20;
    private_image_variant full signed original;
    private_image_variant badge public tr:w-20,l-image,i-secret@@badge.png,w-9,l-end;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    {% for dialect in ("cloudflare", "imagekit") %}
    {% for age, valid in (("fresh", "10m"), ("aged", "0")) %}
    {% for form in ("proxy", "folder", "inner", "kept", "s3", "sliced") %}
    {% set place = "/" + dialect + "/" + form + "/" + age + "/" %}
    location ^~ {{ place }} {
        private_image {{ dialect }};
        private_image_mark_valid {{ valid }};
        {% if form == "proxy" %}
        proxy_pass http://web;
        {% elif form == "folder" %}
        private_image_mark $is_secret;
        alias files/tree/;
        {% elif form == "inner" %}
        private_image_origin /inside{{ place[:-1] }}$private_image_path;
        {% elif form == "kept" %}
        proxy_cache originals;
        proxy_cache_valid 200 1h;
        proxy_ignore_headers Cache-Control Expires;
        proxy_pass http://web;
        {% elif form == "s3" %}
        private_image_s3 web/bucket region=x credentials=s3.credentials;
        proxy_pass http://web{{ place[:-1] }}$private_image_s3_path;
        {% else %}
        slice 64;
        proxy_set_header Range $slice_range;
        proxy_pass http://web;
        {% endif %}
    }
    location ^~ /purge{{ place }} {
        private_image_purge;
        private_image_prefix {{ place }};
        {% if form == "inner" %}
        private_image_origin /inside{{ place[:-1] }}$private_image_path;
        {% endif %}
    }
    {% endfor %}{% endfor %}{% endfor %}
    location ^~ /inside/ { internal; proxy_pass http://web; }

    location ^~ /to-ssi/    { ssi on; default_type text/html;
                              return 200 '<!--# include virtual="$inner" -->'; }
    location ^~ /to-auth/   { auth_request /elsewhere; root files; try_files /plain.txt =404; }
    location ^~ /to-mirror/ { mirror /elsewhere; root files; try_files /plain.txt =404; }
    location = /elsewhere   { internal; rewrite ^ $inner_path?$inner_args? last; }
    location ^~ /to-rewrite/ { rewrite ^ $inner_path?$inner_args? last; }
    location ^~ /to-page/    { error_page 404 = $inner; return 404; }
    location ^~ /to-files/   { root files; try_files /none $inner; }
    location ^~ /to-accel/   { proxy_set_header X-Inner $inner; proxy_pass http://web; }
"""

# Kinds of requests with which only the status of the gate's answer reaches the client.
AS_SUBREQUEST = ("ssi", "auth", "mirror")
AS_REDIRECT = ("rewrite", "page", "files", "accel")


def picture(colour, nonce=b""):
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", nonce.decode())
    content = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(content, "PNG", pnginfo=notes)
    return content.getvalue()


SECRET, OPEN = picture(STRIKING, NONCE), picture((30, 160, 40))
ORIGINAL_TAG = f'"{MODIFIED:x}-{len(SECRET):x}"'
FILES = {"files/secret.png": SECRET, "files/open.png": OPEN, "files/plain.txt": b"plain",
         "conf/s3.credentials": b"[default]\naws_access_key_id=a\naws_secret_access_key=b\n",
         "files/tree/open/a.png": OPEN, "files/tree/secret/badge.png": SECRET}


def start(gate, zone="", names=()):
    """The nginx of the matrix; `names` are the private images in the folder."""
    site = gate(SITE, http=HTTP, zone=zone, observed=False, files=FILES)
    files = site.folder.path / "files"
    for name in ("secret.png", "open.png", "tree/open/a.png", "tree/secret/badge.png"):
        os.utime(files / name, (MODIFIED, MODIFIED))
    for name in names:
        os.link(files / "secret.png", files / "tree/secret" / f"{name}.png")
    site.expect_errors("upstream prematurely closed", r"private_image: origin_error",
                       r"open\(\) .* failed \(2:")
    return site


# The requests: the form of the target, and its name in the table. `{}` is the image's name.
ASKED = {
    "cloudflare": {
        "original": ("secret/{}.png/full", "original"),
        "adhoc": ("secret/{}.png/w=20", "adhoc"),
        "public variant": ("secret/{}.png/open", "public variant"),
        "signed variant": ("secret/{}.png/closed", "signed variant"),
    },
    "imagekit": {
        "original": ("secret/{}.png", "original"),
        "attachment": ("secret/{}.png?ik-attachment=true", "original"),
        "adhoc": ("tr:w-20/secret/{}.png", "adhoc"),
        "adhoc in the query": ("secret/{}.png?tr=w-20", "adhoc"),
        "public variant": ("tr:n-open/secret/{}.png", "public variant"),
        "signed variant": ("tr:n-closed/secret/{}.png", "signed variant"),
        "more than a variant": ("tr:n-open,w-19/secret/{}.png", "adhoc"),
        "layer": ("tr:w-20,l-image,i-secret@@{}.png,w-9,l-end/open/a.png", "adhoc"),
        "layer of a variant": ("tr:n-badge/open/a.png", "original"),
        "default": ("tr:w-20,di-secret@@{}.png/none/a.png", "adhoc"),
    },
}


def kinds(tag):
    """Methods and headers that any target can be requested with; `tag` is a derivative's ETag."""
    tags = f"{ORIGINAL_TAG}, {tag}"
    changed, before = http_date(MODIFIED), http_date(MODIFIED - 9)
    later = http_date(MODIFIED + 10 ** 8)
    return {
        "get": ("GET", {}), "head": ("HEAD", {}),
        "range": ("GET", {"Range": "bytes=0-9"}), "whole range": ("GET", {"Range": "bytes=0-"}),
        "last bytes": ("GET", {"Range": "bytes=-9"}),
        "ranges": ("GET", {"Range": "bytes=0-1,9-40"}),
        "beyond": ("GET", {"Range": "bytes=99999-"}),
        "head range": ("HEAD", {"Range": "bytes=0-9"}),
        "known": ("GET", {"If-None-Match": tags}),
        "head known": ("HEAD", {"If-None-Match": tags}),
        "weakly known": ("GET", {"If-None-Match": f"W/{ORIGINAL_TAG}, W/{tag}"}),
        "any known": ("GET", {"If-None-Match": "*"}),
        "other known": ("GET", {"If-None-Match": '"other"'}),
        "known range": ("GET", {"If-None-Match": tags, "Range": "bytes=0-9"}),
        "match": ("GET", {"If-Match": tags}), "no match": ("GET", {"If-Match": '"other"'}),
        "since": ("GET", {"If-Modified-Since": changed}),
        "since later": ("GET", {"If-Modified-Since": later}),
        "unmodified": ("GET", {"If-Unmodified-Since": changed}),
        "modified": ("GET", {"If-Unmodified-Since": before}),
        "if range": ("GET", {"If-Range": ORIGINAL_TAG, "Range": "bytes=0-9"}),
        "if range of it": ("GET", {"If-Range": tag, "Range": "bytes=0-9"}),
        "if range since": ("GET", {"If-Range": changed, "Range": "bytes=0-9"}),
        "unkept": ("GET", {"Cache-Control": "no-cache", "Pragma": "no-cache"}),
        "elsewhere": ("GET", {"X-Original-URL": "/", "X-Rewrite-URL": "/", "Is-Private-File": "no",
                              "X-Accel-Redirect": "/", "X-HTTP-Method-Override": "HEAD"}),
        "authorized": ("GET", {"Authorization": "Basic eDp5", "Cookie": "a=b"}),
        "modern": ("GET", {"Accept": "image/avif,image/webp,*/*", "DPR": "2", "Width": "9"}),
    }


@dataclasses.dataclass(slots=True)
class Case:
    dialect: str
    form: str
    asked: str
    kind: str
    signature: str
    age: str
    image: str
    method: str = "GET"
    headers: dict = None

    @property
    def prefix(self):
        return f"/{self.dialect}/{self.form}/{self.age}/"

    def target(self):
        plain = self.prefix + ASKED[self.dialect][self.asked][0].format(self.image)
        return f"/to-{self.kind}{plain}" if self.is_led else plain

    @property
    def is_led(self):
        return self.kind in AS_SUBREQUEST or self.kind in AS_REDIRECT

    def signed_target(self):
        plain = self.prefix + ASKED[self.dialect][self.asked][0].format(self.image)
        sign = {"none": lambda: plain,
                "valid": lambda: self.signed_by(plain),
                "expired": lambda: self.signed_by(plain, expires=signing.soon(-9)),
                "other key": lambda: self.signed_by(plain, key=signing.OTHER_KEY),
                "other path": lambda: self.moved(plain, plain.replace(".png", ".jpg")),
                "other transformation": lambda: self.moved(plain, self.other_step(plain))}
        target = sign[self.signature]()
        return f"/to-{self.kind}{target}" if self.is_led else target

    def signed_by(self, target, key=signing.KEY, expires=None):
        return signing.sign(self.dialect, target, self.prefix, key,
                            signing.soon() if expires is None else expires)

    def moved(self, plain, other):
        """Appends the signature of another target to this one."""
        return plain + self.signed_by(other)[len(other):]

    def other_step(self, plain):
        if self.dialect == "cloudflare":
            return plain.rpartition("/")[0] + "/w=21"
        step = self.prefix + "tr:w-21/"
        return step + plain[len(self.prefix):].replace("tr:", "").replace("?tr=", "?ut=")

    def head(self):
        return barrage.head(self.signed_target(), self.method, self.headers)

    def wanted(self):
        """The verdict of the table. A redirect inside nginx and a subrequest have no signature."""
        signature = self.signature
        if self.is_led:
            signature = "none"
        elif signature.startswith("other"):
            signature = "bad"
        asked = ASKED[self.dialect][self.asked][1]
        return decision_table.verdict(self.dialect, asked, True, signature)


USELESS = ("none", "expired", "other path", "other transformation", "other key")


def cases(age, images, tag='"x"', forms=FORMS):
    """Every cell for one state; `images` yields a name for each."""
    of_headers = kinds(tag)
    for dialect, form in itertools.product(DIALECTS, forms):
        for asked in ASKED[dialect]:
            if form == "sliced" and asked != "original":
                continue
            for kind, (method, headers) in of_headers.items():
                for signature in USELESS:
                    yield Case(dialect, form, asked, kind, signature, age, next(images), method,
                               headers)
            for kind in AS_SUBREQUEST + AS_REDIRECT:
                for signature in ("none", "valid"):
                    yield Case(dialect, form, asked, kind, signature, age, next(images))
