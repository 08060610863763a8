"""Request targets that try to reach another file than they are judged by: dots, slashes, escapes
and bytes that parsers understand differently."""

import pytest

import pictures
import signing

SITE = """
    private_image_key img.key;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/below/; }
    location ^~ /cf/ { private_image cloudflare; private_image_variant open public w=20;
                       proxy_pass {{ origin }}/below/; }
    location ^~ /always/ { private_image imagekit; private_image_signature always;
                           proxy_pass {{ origin }}/below/; }
    location ^~ /files/ { private_image imagekit; private_image_mark $files_are_private;
                          alias files/below/; }
    location ^~ /deep/er/ { private_image imagekit; proxy_pass {{ origin }}/below/; }
"""

HTTP = 'map $uri $files_are_private { default no; "~/hush/" yes; }'

PICTURE = pictures.quarters()


@pytest.fixture(scope="module")
def site(gate, origin):
    origin.publish_folder("/below/open/", PICTURE)
    origin.publish_folder("/below/hush/", PICTURE, headers={"Is-Private-File": "true"})
    origin.publish(b"outside", "/outside.png")
    origin.publish(b"outside", "/etc/passwd")
    site = gate(SITE, http=HTTP, files={
        "files/below/open/a.png": PICTURE, "files/below/hush/a.png": PICTURE,
        "files/outside.png": PICTURE, "files/below/b.png": PICTURE})
    site.expect_errors(r"open\(\) .* failed \((2|20|36):", "private_image: origin_error")
    return site


CLIMBING = ["../outside.png", "open/../../outside.png", "%2e%2e/outside.png", ".%2e/outside.png",
            "%2E%2E%2Foutside.png", "..%2foutside.png", "open/..%2f..%2foutside.png",
            "..%5coutside.png", "..\\outside.png", "open%5c..%5c..%5coutside.png",
            "%252e%252e/outside.png", "%252e%252e%252foutside.png", "..;/outside.png",
            "..;x=1/outside.png", "%2e%2e%3b/outside.png", "open/..;/..;/outside.png",
            "./../outside.png", "..../outside.png", "..%00/outside.png", "..%c0%afoutside.png",
            "%c0%ae%c0%ae/outside.png", "..//outside.png", "//../outside.png"]


@pytest.mark.parametrize("prefix", ["/ik/", "/ik/tr:w-20/", "/files/", "/files/tr:w-20/",
                                    "/deep/er/"])
@pytest.mark.parametrize("path", CLIMBING)
def test_no_path_leaves_the_root(site, origin, prefix, path):
    before = len(origin.all_requests())
    answer = site.get(prefix + path)
    assert answer.status in (400, 401, 404), answer
    assert b"outside" not in answer.body
    for request in origin.all_requests()[before:]:
        assert request.target.startswith("/below/")
        assert not {"..", "%2e%2e", ".%2e", "%2E%2E"} & set(request.target.lower().split("/"))


@pytest.mark.parametrize("path", CLIMBING)
def test_no_cloudflare_id_leaves_the_root(site, origin, path):
    before = len(origin.all_requests())
    for last in ("open", "w=20"):
        answer = site.get(f"/cf/{path}/{last}")
        assert answer.status in (400, 403, 404), answer
    for request in origin.all_requests()[before:]:
        assert request.target.startswith("/below/")


@pytest.mark.parametrize("path", ["..", "%2e%2e", "x/..", "a/%2e%2e", ".", "%2e", "./a.png",
                                  "a/./b.png", "a/%2e/b.png", "..;a", ".;/a.png", "a/.;x/b.png"])
def test_dot_segments_are_bad_urls(site, path):
    for prefix in ("/ik/open/", "/ik/tr:w-20/open/"):
        answer = site.get(prefix + path)
        assert answer.verdict == (400, "bad_url"), prefix


@pytest.mark.parametrize("path", ["open/a%5cb.png", "open/a\\b.png", "open/a%0ab.png",
                                  "open/a%0d%0ab.png", "open/a%1fb.png", "open/a%7fb.png",
                                  "open/a%01.png", "open/a.png#b", "", "open/", "open/a.png/"])
def test_bytes_that_no_name_should_hold_are_bad_urls(site, origin, path):
    before = len(origin.all_requests())
    for prefix in ("/ik/", "/ik/tr:w-20/"):
        assert site.get(prefix + path).verdict == (400, "bad_url"), prefix
    if not path.endswith("/"):  # else NGINX merges it with the slash that follows
        assert site.get(f"/cf/{path}/open").verdict == (403, "bad_url")
    assert len(origin.all_requests()) == before


def test_a_nul_byte_is_refused(site, origin):
    before = len(origin.all_requests())
    for target in ("/ik/open/a%00.png", "/ik/open/a.png%00.jpg", "/files/open/a.png%00"):
        assert site.get(target).status == 400
    assert len(origin.all_requests()) == before


@pytest.mark.parametrize("spelling", [
    "hush/a.png", "%68ush/a.png", "hush%2fa.png", "hush//a.png", "//hush/a.png", "/hush/a.png",
    "hush/a.png?", "hush/a.png?x=1", "tr:w-20/hush/a.png", "tr:w-20/%68ush/a.png",
    "hush/tr:w-20/a.png", "tr%3Aw-20/hush/a.png", "hush/a.png?tr=w-20", "hush/a.png?tr=w%2d20",
    "hush/a.png?%74r=w-20", "hush/a.png?tr=", "hush/a.png?ik-attachment=true", "HUSH/../hush/a.png",
    "open/../hush/a.png", "hush/a%2epng", "tr:/hush/a.png", "hush/a.png;jsessionid=1",
    "ik-seo/hush/a/b.png", "tr:w-20/ik-seo/hush/a/b.png",
])
@pytest.mark.parametrize("prefix", ["/ik/", "/files/"])
def test_no_spelling_makes_a_private_image_public(site, prefix, spelling):
    answer = site.get(prefix + spelling)
    assert answer.status in (400, 401, 404), answer
    assert b"PNG" not in answer.body


@pytest.mark.parametrize("signed, sent", [
    ("hush/a.png", "hush//a.png"), ("hush/a.png", "%68ush/a.png"), ("hush/a.png", "hush/b.png"),
    ("hush/a.png", "hush%2Fa.png"), ("hush//a.png", "hush/a.png"), ("%68ush/a.png", "hush/a.png"),
    ("hush/a.png", "hush/a.png?v=1"), ("hush/a.png?v=1", "hush/a.png"),
    ("hush/%c3%bc.png", "hush/%C3%BC.png"), ("hush/a%20b.png", "hush/a+b.png"),
    ("tr:w-20/hush/a.png", "hush/a.png?tr=w-20"), ("tr:w-20/hush/a.png", "tr:w-200/hush/a.png"),
])
def test_a_signature_covers_the_bytes_as_sent(site, signed, sent):
    query = signing.imagekit("/ik/" + signed, "/ik/").rpartition("ik-s=")[2]
    target = "/ik/" + sent + ("&" if "?" in sent else "?") + "ik-s=" + query
    assert site.get(target).verdict == (401, "bad_signature")


@pytest.mark.parametrize("path", ["hush//a.png", "%68ush/a.png", "hush/%C3%BC.png",
                                  "hush/a%20b.png", "hush/q%3Fa%23b.png", "hush/a+b.png",
                                  "hush/50%25.png"])
def test_any_spelling_may_be_signed_as_it_is(site, path):
    for step in ("", "tr:w-20/"):
        answer = site.get(signing.imagekit(f"/ik/{step}{path}", "/ik/"))
        assert answer.verdict == (200, "signed"), step


@pytest.mark.parametrize("target", ["/%69k/hush/a.png", "//ik/hush/a.png", "/ik//hush/a.png",
                                    "/x/../ik/hush/a.png", "/./ik/hush/a.png",
                                    "/%64eep/er/hush/a.png", "/deep//er/hush/a.png"])
def test_a_target_that_does_not_begin_with_the_prefix_counts_as_unsigned(site, target):
    prefix = target[:target.index("hush")]
    signed = signing.imagekit(target, prefix)
    if target == "/ik//hush/a.png":
        assert site.get(signed).verdict == (401, "bad_signature")
    assert site.get(signed).status in (400, 401, 404)


def test_an_absolute_target_is_judged_by_its_path(site):
    target = signing.imagekit("/ik/hush/a.png", "/ik/")
    assert site.get("http://localhost/ik/hush/a.png").status == 401
    assert site.get("http://localhost" + target).status in (200, 401)


@pytest.mark.parametrize("query", ["tr=w-20&tr=w-30", "tr=w-20&tr=n-open", "tr=&tr=w-20"])
def test_two_transformations_are_refused(site, query):
    assert site.get(f"/ik/open/a.png?{query}").verdict == (400, "bad_options")
    assert site.get(f"/ik/tr:w-20/open/a.png?{query[:7]}").verdict == (400, "bad_options")
    assert site.get("/ik/tr:w-20/tr:w-30/open/a.png").verdict == (400, "bad_options")


@pytest.mark.parametrize("layer", ["..@@hush@@a.png", "hush@@..@@..@@outside.png", "..", ".",
                                   "%2e%2e@@outside.png", "..;@@a.png", "a%5cb.png", "a%0ab.png",
                                   "hush@@", "@@", "%252e%252e@@outside.png"])
def test_no_layer_path_leaves_the_root(site, origin, layer):
    before = len(origin.all_requests())
    answer = site.get(f"/ik/tr:l-image,i-{layer},l-end/open/a.png")
    assert answer.status in (400, 401, 404), answer
    for request in origin.all_requests()[before:]:
        assert request.target.startswith("/below/") and "/.." not in request.target


def test_a_host_header_does_not_change_the_file(site, origin):
    for host in ("elsewhere.example", "localhost:80", "127.0.0.1", "[::1]"):
        assert site.get("/ik/hush/a.png", host=host).status == 401
        assert site.get("/ik/tr:w-20/open/a.png", host=host).status == 200
