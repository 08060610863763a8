"""Other directives in the location of a gate: `if`, nested locations, try_files, limit_except, body
filters, conditions, caches, access rules, blocks that redirect the request. With each of them a
private image is sent with a valid signature only."""

import gzip
import itertools

import pytest

import barrage
import nginx
import pictures
import signing
from gate_matrix import DIALECTS

NONCE = b"nonce-during-directives"
SECRET = pictures.plain(40, 30) + NONCE
FILES = {"secret/a.png": SECRET, "secret/a.png.gz": gzip.compress(SECRET),
         "open/a.png": pictures.plain(40, 30, pictures.GREEN)}

# Where images come from: a folder with marks by path, and an application that sends them.
ORIGINS = {"folder": ("private_image_mark $is_secret;", "root files;"),
           "proxy": ("", "proxy_pass http://web;")}

# SERVE is the origin's line, PLACE the location's name.
SHAPES = {
    "plain": "SERVE",
    "if": "SERVE if ($request_method = GET) { SERVE }",
    "if-set": "SERVE set $a 1; if ($arg_x) { set $a 2; } if ($a = 3) { return 404; }",
    "if-other": "SERVE if ($http_x_none = '') { proxy_pass http://web; }",
    "if-break": "SERVE if ($uri ~ secret) { break; }",
    "if-header": "SERVE if ($uri ~ png) { add_header X-Png yes; expires 1d; }",
    "nested": "SERVE location ~ [.]png { SERVE expires 1d; }",
    "nested-prefix": "SERVE location ^~ PLACEsecret/ { SERVE }",
    "nested-twice": "SERVE location ^~ PLACEsecret/ { SERVE location ~ a { SERVE } }",
    "limit-out": "SERVE limit_except GET { deny all; }",
    "limit-in": "SERVE limit_except POST { allow all; }",
    "satisfy": "SERVE satisfy any; allow all; auth_basic x; auth_basic_user_file none;",
    "auth": "SERVE auth_request /yes;",
    "mirror": "SERVE mirror /mirrored; mirror_request_body off;",
    "ssi": "SERVE ssi on; ssi_types *;",
    "sub": "SERVE sub_filter_types *; sub_filter nonexistent x;",
    "gzip": "SERVE gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;",
    "ranges": "SERVE max_ranges 0;",
    "no-conditions": "SERVE if_modified_since off; etag off;",
    "chunks": "SERVE chunked_transfer_encoding off; postpone_output 0; output_buffers 1 1;",
    "aio": "SERVE aio threads; sendfile on; directio 1; read_ahead 1k;",
    "expires": "SERVE expires max; add_header Cache-Control public always;",
    "files": "SERVE try_files $uri @web;",
    "files-none": "SERVE try_files /none @web;",
    "cache": "SERVE proxy_cache kept; proxy_cache_valid any 1h; proxy_cache_lock on;",
    "cache-stale": "SERVE proxy_cache kept; proxy_cache_valid any 1s; proxy_cache_lock on;"
                   " proxy_cache_use_stale updating error; proxy_cache_background_update on;",
    "cache-bare": "SERVE proxy_cache kept; proxy_cache_valid any 1h; proxy_cache_key bare$uri;"
                  " proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;",
    "cache-part": "SERVE proxy_cache kept; proxy_cache_valid any 1h; proxy_cache_key part$uri;"
                  " proxy_set_header Range $http_range; proxy_force_ranges on;",
    "stored": "SERVE proxy_store_access user:rw;",
    "unbuffered": "SERVE proxy_buffering off; proxy_request_buffering off;",
    "intercept": "SERVE proxy_intercept_errors on; recursive_error_pages on;"
                 " error_page 404 403 = @web;",
    "errors": "SERVE proxy_intercept_errors on; error_page 301 302 303 307 404 500 502 504 @web;",
    "upgrade": "SERVE proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;"
               " proxy_set_header Connection upgrade;",
    "method": "SERVE proxy_method GET; proxy_pass_request_headers off;",
    "hidden": "SERVE proxy_hide_header Is-Private-File; proxy_pass_header Server;",
    "limits": "SERVE limit_req zone=often burst=9999 nodelay; limit_conn many 999;",
    "after": "SERVE post_action /yes;",
    "no-rewrite": "SERVE rewrite ^(.*)$ $1 break;",
    "no-rewrite-last": "SERVE if ($request_uri ~ never) { rewrite ^ / last; }",
}
if nginx.BINARY == "/usr/sbin/nginx":  # which has these modules
    SHAPES["gunzip"] = "SERVE gunzip on; gzip_static on;"
    SHAPES["addition"] = "SERVE addition_types *; add_after_body PLACEsecret/a.png;"
# A rewritten URI has no signature.
UNSIGNED = ("no-rewrite",)

HTTP = """
    proxy_cache_path {{ folder }}/kept keys_zone=kept:1m;
    private_image_cache_path {{ folder }}/cache keys_zone=derivatives:1m;
    limit_req_zone $host zone=often:1m rate=9999r/s;
    limit_conn_zone $host zone=many:1m;
    map $private_image_path $is_secret { ~^/secret/ yes; default ""; }
    upstream web { server 127.0.0.1:{{ port_of('web') }}; }
    server { listen 127.0.0.1:{{ port_of('web') }}; root files;
             location ~ /secret/ { root files; add_header Is-Private-File true; } }
"""

SITE = """
    private_image_key img.key;
    private_image_variant closed signed w=20;
    private_image_variant full signed original;
    {% for dialect in dialects %}{% for name, lines in gates.items() %}
    location ^~ /{{ dialect }}/{{ name }}/ {
        private_image {{ dialect }};
        {{ lines | replace("PLACE", "/" + dialect + "/" + name + "/") }}
    }
    {% endfor %}{% endfor %}
    location @web { proxy_pass http://web; }
    location = /yes { internal; return 204; }
    location = /mirrored { internal; proxy_pass http://web$request_uri; }
"""

ORIGINAL = {"cloudflare": "secret/a.png/full", "imagekit": "secret/a.png"}
ASKED = {
    "cloudflare": [ORIGINAL["cloudflare"], "secret/a.png/w=20", "secret/a.png/closed"],
    "imagekit": [ORIGINAL["imagekit"], "secret/a.png?tr=w-20", "tr:w-20/secret/a.png",
                 "tr:n-closed/secret/a.png", "secret/a.png?ik-attachment=true",
                 "tr:w-9,l-image,i-secret@@a.png,w-5,l-end/open/a.png"],
}
SENT = [("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-9"}), ("GET", {"Range": "bytes=0-"}),
        ("GET", {"Range": "bytes=-9,0-1"}), ("GET", {"If-None-Match": "*"}),
        ("GET", {"If-Match": '"x"'}), ("GET", {"Accept-Encoding": "gzip"}),
        ("GET", {"Upgrade": "websocket", "Connection": "upgrade"}), ("POST", {}), ("PUT", {}),
        ("OPTIONS", {}), ("PROPFIND", {})]


def gates():
    for (origin, (mark, serve)), (name, lines) in itertools.product(ORIGINS.items(),
                                                                    SHAPES.items()):
        yield f"{origin}-{name}", f"{mark} {lines.replace('SERVE', serve)}"


@pytest.fixture(scope="module", params=["", "private_image_cache derivatives;"],
                ids=["", "kept"])
def site(gate, request):
    places = ["", *(f"{dialect}/{name}/" for dialect in DIALECTS for name, _ in gates())]
    files = {f"files/{place}{path}": body for place in places
             for path, body in FILES.items()}
    site = gate(request.param + SITE, http=HTTP, files=files | {"conf/none": b""},
                dialects=DIALECTS, gates=dict(gates()))
    site.expect_errors("access forbidden by rule", r"open\(\) .* failed \(20:",
                       "private_image: origin_")
    return site


def gives_away(answer):
    body = answer.body
    if answer.header("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return NONCE in body or b"PNG" in body or answer.status in (200, 206, 304, 412, 416)


def assert_closed(site):
    for dialect in DIALECTS:
        heads = [barrage.head(f"/{dialect}/{name}/{asked}", *sent)
                 for name, _ in gates() for asked in ASKED[dialect] for sent in SENT]
        for head, answer in zip(heads, barrage.ask_all(site.port, heads)):
            assert not gives_away(answer), (head, answer)


def test_no_directive_of_a_location_makes_its_private_images_public(site):
    """Tested before the images are requested, and again after requests with a signature."""
    assert_closed(site)
    for dialect, (name, _) in itertools.product(DIALECTS, gates()):
        prefix = f"/{dialect}/{name}/"
        for asked in ASKED[dialect]:
            answer = site.get(signing.sign(dialect, prefix + asked, prefix))
            if name.endswith(UNSIGNED):
                assert answer.status in (401, 403), (prefix, asked)
            else:
                assert answer.status == 200, (prefix, asked, answer)
                assert (NONCE in answer.body) == (asked == ORIGINAL[dialect] or "ik-" in asked), (
                    prefix, asked)
    assert_closed(site)
