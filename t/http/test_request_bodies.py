"""No request to an origin has a body, whatever has read the client's body before the gate: an
upstream whose error_page is in the gate, or a mirror, with or without buffering. The bodies look
like a second request, which a kept-alive origin would answer."""

import pytest

import http2
import pictures

PICTURE, SECRET = pictures.noise(60, 40), pictures.noise(50, 30)

HTTP = """\
upstream kept { server 127.0.0.1:{{ origin_port }}; keepalive 4; }
proxy_http_version 1.1;
proxy_set_header Connection "";
"""

SERVER = """\
listen 127.0.0.1:{{ port_of("http2") }} http2;
proxy_intercept_errors on;
location ^~ /img/   { private_image imagekit; proxy_pass http://kept/; }
location ^~ /inner/ { private_image imagekit; private_image_origin /inside$private_image_path; }
location ^~ /inside/ { internal; proxy_pass http://kept/; }
location ^~ /named/ { private_image imagekit; private_image_origin @named; }
location @named     { proxy_pass http://kept$private_image_uri; }
location ^~ /reported/  { private_image imagekit; proxy_pass http://kept/;
                      recursive_error_pages on; error_page 401 405 /reported.html; }
location = /reported.html { proxy_pass http://kept/reported.html; }

{% for gate in ("img", "inner", "named") %}{% for kind, step in (("original", ""), ("derivative", "tr:w-20/")) %}
location = /proxied/{{ gate }}/{{ kind }} {
    proxy_pass {{ origin }}/missing;
    error_page 404 /{{ gate }}/{{ step }}public/b.png;
}
location = /unbuffered/{{ gate }}/{{ kind }} {
    proxy_pass {{ origin }}/missing;
    proxy_request_buffering off;
    error_page 404 /{{ gate }}/{{ step }}public/b.png;
}
location = /mirrored/{{ gate }}/{{ kind }} {
    mirror /mirror;
    try_files /none /{{ gate }}/{{ step }}public/b.png;
}
location = /refused/{{ gate }}/{{ kind }} {
    recursive_error_pages on;
    proxy_pass {{ origin }}/missing;
    error_page 404 /reported/{{ step }}secret/s.png;
}
{% endfor %}{% endfor %}
location = /mirror { internal; return 204; }
{% for kind, step in (("original", ""), ("derivative", "tr:w-20/")) %}
location = /unreachable/{{ kind }} {
    proxy_pass http://127.0.0.1:{{ port_of("closed") }};
    proxy_request_buffering off;
    error_page 502 /img/{{ step }}public/b.png;
}
{% endfor %}
"""

WAYS = [f"/{reader}/{gate}/{kind}" for reader in ("proxied", "unbuffered", "mirrored", "refused")
        for gate in ("img", "inner", "named") for kind in ("original", "derivative")]


@pytest.fixture(scope="module")
def site(gate, origin):
    origin.publish(PICTURE, "/public/b.png", private=False)
    origin.publish(SECRET, "/secret/s.png", private=True)
    origin.publish(b"reported", "/reported.html")
    origin.publish(b"no", "/missing", status=404)
    site = gate(SERVER, http=HTTP, origin_port=origin.port)
    site.expect_errors("connect\\(\\) failed")
    return site


def smuggled_request(origin):
    """A body that looks like a request, and the path of that request."""
    path = origin.publish(SECRET, private=True)
    return f"GET {path} HTTP/1.1\r\nHost: kept\r\nX-Padding: {'x' * 2000}\r\n\r\n".encode(), path


def assert_no_body_reached(origin, since, smuggled):
    assert not origin.requests(smuggled)
    asked = [one for one in origin.all_requests()[since:]
             if one.path in ("/public/b.png", "/secret/s.png", "/reported.html")]
    assert asked
    for one in asked:
        assert one.method in ("GET", "HEAD") and one.body == b""
        assert one.header("Content-Length") in (None, "0")
        assert one.header("Transfer-Encoding") is None


def assert_is_answered(site, origin, target, answer):
    """Checks the answer, and that the next requests on reused origin connections get their own
    answers."""
    if target.startswith("/refused"):
        assert answer.verdict == (401, "unsigned") and SECRET not in answer.body
    else:
        assert answer.status in (200, 404) and answer.body and SECRET not in answer.body
    for _ in range(3):
        after = site.get("/img/public/b.png")
        assert after.verdict == (200, "public") and after.body == PICTURE


@pytest.mark.parametrize("method, target", [
    (method, target) for method in ("POST", "GET") for target in WAYS
    if method == "GET" or not target.startswith("/mirrored")])  # try_files keeps POST
def test_a_body_that_was_read_before_goes_to_no_origin(site, origin, target, method):
    body, smuggled = smuggled_request(origin)
    since = len(origin.all_requests())
    with site.connect() as connection:
        connection.send(target, method, headers={"Content-Length": str(len(body))})
        connection.socket.sendall(body)
        answer = connection.receive()
    assert_is_answered(site, origin, target, answer)
    assert_no_body_reached(origin, since, smuggled)


@pytest.mark.parametrize("target", WAYS)
def test_a_chunked_body_that_was_read_before_goes_to_no_origin(site, origin, target):
    body, smuggled = smuggled_request(origin)
    since = len(origin.all_requests())
    with site.connect() as connection:
        connection.send(target, "GET", headers={"Transfer-Encoding": "chunked"})
        connection.socket.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        answer = connection.receive()
    assert_is_answered(site, origin, target, answer)
    assert_no_body_reached(origin, since, smuggled)


@pytest.mark.parametrize("target", WAYS)
def test_a_body_over_http2_goes_to_no_origin(site, origin, target):
    body, smuggled = smuggled_request(origin)
    since = len(origin.all_requests())
    with http2.Http2(site.folder.port("http2")) as connection:
        stream = connection.ask(target, body=body)
        status, received = connection.receive()[stream]
    assert status is not None and received and SECRET not in received
    assert site.get("/img/public/b.png").body == PICTURE
    assert_no_body_reached(origin, since, smuggled)


@pytest.mark.parametrize("kind", ["original", "derivative"])
def test_a_body_that_is_still_coming_when_the_gate_is_entered_is_not_read(site, origin, kind):
    """The application cannot be reached while the client is still sending."""
    body, smuggled = smuggled_request(origin)
    since = len(origin.all_requests())
    with site.connect() as connection:
        connection.send(f"/unreachable/{kind}", "POST",
                        headers={"Content-Length": str(len(body) + 1000)})
        connection.socket.sendall(body)
        answer = connection.receive()
        connection.socket.sendall(bytes(1000))
    assert answer.status == 502 and answer.reason == "public" and answer.closes
    assert not origin.requests(smuggled)
    for one in origin.all_requests()[since:]:
        if one.path == "/public/b.png":
            assert one.body == b"" and one.header("Content-Length") is None
