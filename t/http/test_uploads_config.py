"""What `nginx -t` refuses of a door: each message names the line, and what to write instead."""

import os
import pathlib
import re
import subprocess

import pytest

import client
import s3_origin
import uploads

GATE = "location ^~ /img/ { private_image imagekit; private_image_key img.key; alias {{ folder }}/store/; }\n"
KEY = "private_image_upload_key upload.key public=p;\n"
URL = "private_image_upload_url https://localhost;\n"
DOOR = "location /door/ { private_image_upload imagekit /img/; %s }\n"


@pytest.fixture
def check(folder):
    def run(server, http=""):
        place = folder({"store/README": b"", "conf/upload.key": uploads.KEY.encode(),
                        "conf/s3.credentials": s3_origin.credentials_file()})
        http += "proxy_cache_path {{ folder }}/kept keys_zone=kept:1m;"
        place.configure(server=server, http=http)
        result = place.check()
        return result.returncode, result.stdout
    return run


def test_a_complete_door_is_accepted(check):
    assert check(GATE + DOOR % (KEY + URL))[0] == 0


def gate(text, extra="", location="^~ /img/"):
    return f"location {location} {{ private_image imagekit; private_image_key img.key; {text} }} {extra}"


ALIAS = "alias {{ folder }}/store/;"
WHOLE = DOOR % (KEY + URL)
S3 = ("proxy_pass http://127.0.0.1:1$private_image_s3_path;"
      "private_image_s3 b.test region=r credentials=s3.credentials;")
STORE = "private_image_store /writer$private_image_path;"

ACCOUNT = "private_image_upload_key upload.key account=a;"
CLOUDFLARE = ((GATE + DOOR % ("%s" + URL)).replace("image imagekit", "image cloudflare")
              .replace("upload imagekit /img/", "upload cloudflare /img/ private_ids verify"))

REFUSED = {
    "without a key": (GATE + DOOR % URL, r"private_image_upload_key FILE"),
    "without a URL": (GATE + DOOR % KEY, "private_image_upload_url, such as"),
    "URL without a scheme": (GATE + DOOR % (KEY + "private_image_upload_url localhost;"),
                             "such as https://img.example.com"),
    "URL with a path": (GATE + DOOR % (KEY + "private_image_upload_url https://localhost/x;"),
                        "such as https://img.example.com"),
    "another dialect": (GATE + "location /door/ { private_image_upload imgix /img/; }",
                        "cloudflare or imagekit"),
    "no gate of that prefix": (GATE.replace("/img/ {", "/pictures/ {") + WHOLE,
                               "there is no gate with the prefix"),
    "a gate of another dialect": (gate(ALIAS).replace("image imagekit", "image cloudflare") + WHOLE,
                                  "write private_image_upload cloudflare /img/"),
    "a gate at a server": (gate("proxy_pass http://127.0.0.1:1/;") + WHOLE, "neither a folder nor a bucket"),
    "a folder with variables": (gate("root {{ folder }}/$host;") + WHOLE, "without variables"),
    "an unknown identity": (gate(ALIAS + "private_image_identity $scheme;") + WHOLE,
                            r"no variable but \$host"),
    "an unknown origin": (gate("private_image_origin /o/$arg_x$private_image_path;") + WHOLE,
                          "not known outside a request"),
    "a named origin": (gate("private_image_origin @o;", "location @o { root {{ folder }}/store; }") + WHOLE,
                       "internal location with a path"),
    "an origin beside an expression": (
        gate("private_image_origin /o$private_image_path;",
             f"location /o/ {{ internal; {ALIAS} }} location ~ \\.png$ {{ return 404; }}") + WHOLE,
        r"write location \^~ /o/"),
    "another folder inside the gate": (
        gate(ALIAS + "location /img/b/ { alias {{ folder }}/conf/; }") + WHOLE,
        "serves other files than the gate"),
    "another location below the prefix": (
        GATE + "location ^~ /img/open/ { alias {{ folder }}/store/open/; }" + WHOLE,
        "would not be guarded"),
    "a gate beside an expression": (
        GATE.replace("^~ /img/", "/img/") + "location ~ \\.jpg$ { root {{ folder }}; }" + WHOLE,
        r"write location \^~ /img/"),
    "a bucket without signatures of its location": (
        "private_image_s3 b.test region=r credentials=s3.credentials;"
        + gate("proxy_pass http://127.0.0.1:1/;") + WHOLE, "neither a folder nor a bucket"),
    "a bucket behind a cache": (gate(S3 + "proxy_cache kept;") + WHOLE, "proxy_cache in location"),
    "a bucket whose answers are kept": (gate(S3 + "proxy_store on;") + WHOLE,
                                        "proxy_store in location"),
    "a bucket without headers": (gate(S3 + "proxy_pass_request_headers off;") + WHOLE,
                                 "proxy_pass_request_headers off in location"),
    "a bucket without bodies": (gate(S3 + "proxy_pass_request_body off;") + WHOLE,
                                "proxy_pass_request_body off in location"),
    "a bucket with another method": (gate(S3 + "proxy_method GET;") + WHOLE,
                                     "proxy_method in location"),
    "a bucket with another body": (gate(S3 + "proxy_set_body x;") + WHOLE,
                                   "proxy_set_body in location"),
    "another bucket inside the gate": (
        gate(S3 + "location /img/b/ { " + S3.replace("b.test", "c.test") + " }") + WHOLE,
        "serves other files than the gate"),
    "another flag inside the gate": (
        gate(S3 + "location /img/b/ { private_image_flag X-Another; proxy_pass http://127.0.0.1:1; }")
        + WHOLE, "reads marks in another way"),
    "a cache inside the gate": (
        gate(S3 + "location /img/b/ { proxy_pass http://127.0.0.1:1; proxy_cache kept; }") + WHOLE,
        "inside the gate would hide new marks"),
    "a store for a folder": (gate(ALIAS) + DOOR % (KEY + URL + STORE), "whose origin is a bucket"),
    "a store that does not exist": (gate(S3) + DOOR % (KEY + URL + STORE),
                                    "there is no location for private_image_store"),
    "a store that is no bucket": (
        gate(S3, f"location ^~ /writer/ {{ internal; {ALIAS} }}") + DOOR % (KEY + URL + STORE),
        "neither a folder nor a bucket"),
    "a store of an unknown path": (
        gate(S3) + DOOR % (KEY + URL + STORE.replace("/writer", "/$arg_x")),
        "not known outside a request"),
    "a store behind a cache": (
        gate(S3, f"location ^~ /writer/ {{ internal; {S3} proxy_cache kept; }}")
        + DOOR % (KEY + URL + STORE), "proxy_cache in location"),
    "a folder that is missing": (gate("alias {{ folder }}/none/;") + WHOLE, "cannot be a store"),
    "marks that are not read": (gate(ALIAS + "private_image_file_mark off;") + WHOLE,
                                "private_image_file_mark is off"),
    "marks that are not read at an origin": (
        gate("private_image_file_mark off; private_image_origin /o$private_image_path;",
             f"location ^~ /o/ {{ internal; {ALIAS} }}") + WHOLE, "private_image_file_mark is off"),
    "compressed copies": (gate(ALIAS + "gzip_static on;") + WHOLE, "gzip_static off"),
    "inside a gate": (gate(ALIAS + "location /img/door/ { private_image_upload imagekit /img/; "
                           + KEY + URL + "}"), "outside of the gate"),
    "in an expression": (GATE + "location ~ ^/door { private_image_upload imagekit /img/;" + KEY
                         + URL + "}", "named by a path"),
    "browsers without room": (GATE + DOOR % (KEY + URL + "private_image_uploads 1;"
                                             "private_image_upload_client on;"), "write 2 or more"),
    "browsers without a public key": (
        GATE + DOOR % (KEY.replace(" public=p", "") + URL + "private_image_upload_client on;"),
        "public=ID"),
    "browsers, misspelt": (GATE + DOOR % (KEY + URL + "private_image_upload_client on privat;"),
                           "private, no_overwrite"),
    "twice": (GATE + DOOR % (KEY + URL + "private_image_upload imagekit /img/;"), "duplicate"),
    "a short key": (GATE + DOOR % (URL + "private_image_upload_key img.key extra=x;"),
                    "public=ID or account=ID"),
    "a key with two accounts": (GATE + DOOR % (
        URL + "private_image_upload_key upload.key account=a account=b;"), "account=ID at most"),
    "without an account": (CLOUDFLARE % KEY, "private_image_upload_key FILE account=ID"),
    "one key without an account": (CLOUDFLARE % (ACCOUNT + KEY),
                                   "private_image_upload_key FILE account=ID"),
    "private ids of ImageKit": (GATE + DOOR.replace("/img/;", "/img/ private_ids;") % (KEY + URL),
                                "private_ids is for cloudflare"),
    "an alias without a slash": (GATE.replace("store/;", "store;") + WHOLE,
                                 "no slash at its end"),
    "no uploads": (GATE + DOOR % (KEY + URL + "private_image_uploads 0;"), "from 1 to 10000"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_door_that_cannot_work_is_refused(check, name):
    text, message = REFUSED[name]
    status, output = check(text)
    assert status != 0 and "[emerg]" in output and "nginx.conf:" in output

    assert re.search(message, output), output


def test_browsers_need_the_zone(check):
    status, output = check(GATE + DOOR % (KEY + URL + "private_image_upload_client on;"),
                           http="private_image_zone off;")
    assert status != 0 and "private_image_zone NAME:SIZE" in output


def test_a_host_that_no_server_has_is_warned_of(check):
    assert "[warn] no server_name" not in check(GATE + WHOLE)[1]
    status, output = check(GATE + DOOR % (KEY + URL.replace("localhost", "img.example.com")))
    assert status == 0 and re.search(r"\[warn\] no server_name is \"img.example.com\".* in .*:\d+",
                                     output)


def test_one_time_urls_need_the_zone(check):
    assert check(CLOUDFLARE % ACCOUNT)[0] == 0
    status, output = check(CLOUDFLARE % ACCOUNT, http="private_image_zone off;")
    assert status != 0 and "private_image_zone NAME:SIZE" in output


def test_a_key_may_be_of_both_services(check):
    both = "private_image_upload_key upload.key public=p account=a;"
    assert check(GATE + DOOR % (both + URL + "private_image_upload_client on;"))[0] == 0
    assert check(CLOUDFLARE % both)[0] == 0


def test_the_gate_may_be_in_another_server(check):
    other = """server { listen 127.0.0.1:{{ port_of("door") }}; server_name up.example.com;
               location / { private_image_upload imagekit /img/; %s } }""" % (KEY + URL)
    assert check(GATE, http=other)[0] == 0
    assert check(GATE, http=other.replace("https://localhost", "https://elsewhere"))[0] != 0


def test_an_origin_in_an_internal_location_is_a_store(check):
    text = gate("private_image_origin /o$private_image_path;",
                f"location ^~ /o/ {{ internal; {ALIAS} }}")
    assert check(text + WHOLE)[0] == 0


def test_servers_of_one_name_must_read_marks_in_the_same_way(check):
    other = "server { listen 127.0.0.1:{{ port_of('twin') }}; server_name localhost; %s }"
    text = gate(S3) + WHOLE
    assert check(text, http=other % gate(S3))[0] == 0
    status, output = check(text, http=other % gate(S3 + "private_image_flag X-Another;"))
    assert status != 0 and "write the same identity, flags" in output


def test_a_bucket_needs_the_zone(check):
    status, output = check(gate(S3) + WHOLE, http="private_image_zone off;")
    assert status != 0 and "private_image_zone NAME:SIZE" in output


def test_a_bucket_is_a_store_in_the_gate_and_in_an_internal_location(check):
    assert check(gate(S3) + WHOLE)[0] == 0
    led = gate("private_image_origin /o$private_image_path;",
               f"location ^~ /o/ {{ internal; {S3} }} location ^~ /writer/ {{ internal; {S3} }}")
    assert check(led + WHOLE)[0] == 0
    assert check(led + DOOR % (KEY + URL + STORE))[0] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file system")
def test_a_file_system_without_attributes_is_refused(folder, check):
    """Tries ramfs, in a mount namespace of its own: it has unnamed files, but no attributes."""
    place = folder({"store/README": b"", "conf/upload.key": uploads.KEY.encode()})
    place.configure(server=GATE + WHOLE)
    script = 'mount -t ramfs none "$0" && chmod 777 "$0" && exec "$@"'
    # In a system below another root, mounts are private already, and this cannot be asked for.
    is_possible = subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL,
                                 check=False).returncode == 0
    result = subprocess.run(["unshare", "--mount", "--propagation",
                             "private" if is_possible else "unchanged", "sh", "-c", script,
                             str(pathlib.Path(place.path) / "store"), *place.command("-t")],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=client.TIMEOUT, check=False)
    assert result.returncode != 0 and "cannot be a store: set an attribute" in result.stdout
