"""Malicious transformations: renders that would take too long or too much memory, two pictures with
one cache key, and attempts to see a private image through layers, default images, variants and
sources. Other files test what each option does in ordinary use."""

import base64
import itertools
import pathlib
import random
import urllib.parse

import pytest

import client
import pictures
import signing
from clock import fair_time

SITE = """
    location = /alive { return 204; }
    private_image_key img.key;
    private_image_watermark logo logo.png;
    add_header X-Key $private_image_cache_key always;
    add_header X-Reason $private_image_reason always;
    private_image_variant preview public w=20,watermark=logo;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /brief/ { private_image imagekit; private_image_render_timeout 1s;
                          proxy_pass {{ origin }}/; }
    location ^~ /small/ { private_image imagekit; private_image_max_output_pixels 200k;
                          proxy_pass {{ origin }}/; }
    location ^~ /kept/ { private_image imagekit; private_image_cache kept;
                         proxy_pass {{ origin }}/; }
    location ^~ /cdn-cgi/image/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /cf-kept/ { private_image cloudflare; private_image_cache kept;
                            proxy_pass {{ origin }}/; }
"""

# Seconds. The second is longer than the render timeout of /brief/, since libvips only checks the
# time between strips.
MAX_REFUSAL_TIME = 2 * client.SLOWNESS
MAX_TIMEOUT_TIME = 4 * client.SLOWNESS


@pytest.fixture(scope="module")
def site(gate):
    """One worker, so that the next request shows whether it is alive."""
    return gate(SITE, workers=1, http="private_image_cache_path {{ folder }}/temp/kept "
                                      "keys_zone=kept:1m;",
                files={"conf/logo.png": pictures.plain(8, 8, pictures.BLUE)})


def worker_of(site):
    """The /proc folder of the worker process; NGINX's cache manager and cache loader are other
    children of the master."""
    (worker,) = [process for process in map("/proc/{}".format, site.workers())
                 if b"worker process" in pathlib.Path(process, "cmdline").read_bytes()]
    return pathlib.Path(worker)


@pytest.fixture(autouse=True)
def the_worker_lives(site):
    assert site.get("/alive").status == 204  # a worker that answers has set its process title
    before = worker_of(site)
    yield
    assert site.get("/alive").status == 204
    assert worker_of(site) == before


@pytest.fixture(scope="module")
def small(origin):
    return origin.publish(pictures.quarters(60, 40), private=False)


@pytest.fixture(scope="module")
def middling(origin):
    return origin.publish(pictures.plain(1000, 1000), private=False)


@pytest.fixture(scope="module")
def large(origin):
    """About as large as a result may be."""
    return origin.publish(pictures.plain(7000, 7000), private=False)


@pytest.fixture(scope="module")
def secret(origin):
    return origin.publish(pictures.noise(60, 40, "PNG"), private=True, etag='"tag-of-the-secret"')


def encoded(text):
    return urllib.parse.quote(base64.b64encode(text.encode()).decode(), safe="")


def text_layer(characters, options):
    return f"l-text,ie-{encoded(characters)},{options},l-end"


def timed(site, target):
    started = fair_time()
    answer = site.get(target)
    return answer, fair_time() - started


def peak_memory(site):
    """The peak memory of the worker, in megabytes."""
    for line in (worker_of(site) / "status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    raise AssertionError("no VmHWM")


# Transformations that are refused before they are rendered

EXCESSIVE = {
    "large letters": "l-text,i-Hello,fs-16000,l-end",
    "many letters": f"l-text,i-{'W' * 2000},fs-2000,l-end",
    "many lines": f"l-text,i-{'W' * 2000},fs-300,w-500,l-end",
    "one letter a line": f"l-text,i-{'W' * 2000},fs-100,w-1,l-end",
    "many accents on one letter": text_layer("a" + "\u0301" * 1200, "fs-200"),
    "changes of text direction": text_layer("\u202e\u202b\u05d0" * 300, "fs-50,w-50"),
    "a power as size": "l-text,i-Hello,fs-bw_pow_20,l-end",
    "padding": "l-text,i-Hello,pa-6000,bg-FF0000,l-end",
    "large line height": text_layer("a\n" * 800, "lh-60000"),
    "sixteen texts": ",".join(f"l-text,i-{'a' * 150},fs-700,w-7000,ff-Font{n},l-end"
                              for n in range(16)),
    "a border": "b-65535_FF0000",
    "a border to a power": "b-cw_pow_9_FF0000",
    "borders": ":".join(["b-1500_FF0000"] * 5),
    "a ring": "w-40000,h-10,c-force:e-distort-a-360",
    "a tiny arc": "e-distort-a-0.01",
    "larger, then cut": "w-65535,h-65535,c-force:cm-extract,w-10,h-10",
    "covered, then cut": "w-1,h-65535",
    "a power": "w-iw_pow_100",
    "products": "w-iw" + "_mul_iw" * 60,
    "a division by zero": "w-iw_mod_0,h-iw_div_0",
    "steps": ":".join(["w-900"] * 400),
    "a block": "l-image,i-ik_canvas,w-60000,h-60000,bg-FF0000,l-end",
    "blocks within blocks": ",".join(["l-image,i-ik_canvas"] * 4 + ["l-end"] * 4),
}


@pytest.mark.parametrize("options", EXCESSIVE.values(), ids=EXCESSIVE)
def test_an_excessive_transformation_is_refused_before_it_is_rendered(site, middling, options):
    answer, took = timed(site, f"/img{middling}?tr={options}")
    assert answer.verdict in ((400, "output_too_large"), (400, "bad_options"))
    assert took < MAX_REFUSAL_TIME


def test_refusals_take_no_memory(site, middling):
    before = peak_memory(site)
    for options in EXCESSIVE.values():
        site.get(f"/img{middling}?tr={options}")
    assert peak_memory(site) < before + 100


def test_a_shadow_of_a_large_image_is_refused(site, large):
    assert site.get(f"/img{large}?tr=e-shadow").verdict == (400, "bad_options")


def test_a_rotation_whose_result_is_too_large_is_refused(site, large):
    for options in ("rt-45", "rt-1", "e-distort-a-90"):
        assert site.get(f"/img{large}?tr={options}").verdict == (400, "output_too_large")


def test_the_sources_of_all_layers_are_counted_together(site, large):
    layers = ",".join([f"l-image,i-{large[1:]},l-end"] * 16)
    answer, took = timed(site, f"/img{large}?tr={layers}")
    assert answer.verdict == (413, "too_large")
    assert took < MAX_TIMEOUT_TIME


# Renders within the size limits that take longer than the render timeout

SLOW = {
    "all effects": "e-grayscale,e-contrast,e-sharpen-10,e-usm-50-50-10-0,bl-100,e-gradient,"
                   "e-colorize,cr-FF0000_50_00FF00",
    "a perspective": "e-distort-p-100_100_6000_0_6900_6900_0_7000",
    "blocks": ",".join(["l-image,i-ik_canvas,w-7000,h-7000,bg-FF000050,l-end"] * 16),
    "larger and smaller": ":".join(["w-7000,h-7000,c-force,bl-100", "w-10,h-10,c-force"] * 6),
}


@pytest.mark.parametrize("options", SLOW.values(), ids=SLOW)
def test_a_slow_render_ends_at_the_timeout(site, large, options):
    answer, took = timed(site, f"/brief{large}?tr={options}")
    assert answer.verdict == (504, "timeout")
    assert took < MAX_TIMEOUT_TIME


def test_a_stopped_render_frees_its_place_in_the_queue(site, large, small):
    for number in range(4):  # more than can run at once
        site.get(f"/brief{large}?tr=bl-100:bl-9{number}:bl-98")
    answer, took = timed(site, f"/brief/tr:w-11{small}")
    assert answer.status == 200
    assert took < MAX_TIMEOUT_TIME


# Cache keys: different pictures have different keys, equal pictures the same

def key(site, target):
    answer = site.get(target)
    assert answer.status == 200, f"{target}: {answer}"
    return answer.header("X-Key")


@pytest.fixture(scope="module")
def photograph(origin):
    return origin.publish(pictures.quarters(60, 40, "JPEG"), suffix=".jpg", private=False,
                          etag='"1"', headers={"Cache-Control": "max-age=600"})


DISTINCT = [
    "w-20", "w-1", "w-0.5", "w-20,h-10", "w-20:h-10", "h-10:w-20", "w-20,q-81", "w-20,md-true",
    "w-20,cp-true", "w-20,pr-true", "w-20,dn-72", "w-20,dn-73", "w-20,f-webp",
    "w-20,f-webp,lo-true", "bl-5:w-20", "w-20:bl-5", "rt-30:w-20", "w-20:rt-30", "w-20,di-a.png",
    "r-12_1_1_1", "r-1_21_1_1", "r-max", "r-60", "t-10", "t-11", "e-distort-a-30",
    "e-distort-a-N30", "b-1_FF0000", "b-1_FF0001", "cr-FF0000_10", "cr-FF0000_10_FF0000",
    "cm-extract,w-5,h-5,x-1,y-2", "cm-extract,w-5,h-5,x-2,y-1", "cm-extract,w-5,h-5,xc-9,yc-9",
    "w-20,h-20,cm-pad_resize,bg-FF000050", "w-20,h-20,cm-pad_resize,bg-FF000051",
    "w-20,h-20,cm-pad_resize,bg-blurred", "w-20,h-20,cm-pad_resize,bg-blurred_1",
    "w-20,h-20,cm-pad_resize,bg-dominant", "w-20,h-20,cm-pad_resize,bg-gradient_dominant",
    "w-iw_sub_10_div_2", "w-iw_div_2_sub_10", "if-w_gt_1,w-9,if-end", "if-w_lt_1,w-9,if-end",
    "if-w_gt_1_and_h_gt_1_or_ar_gt_9,w-9,if-end", "if-w_gt_1_or_h_gt_1_and_ar_gt_9,w-9,if-end",
    "l-text,i-a,l-end", "l-text,i-a,l-end,l-text,i-b,l-end", "l-text,i-b,l-end,l-text,i-a,l-end",
    "l-text,i-a%20b,l-end", "l-text,i-ab,l-end", "l-text,i-a,fs-9,l-end", "l-text,i-a,tg-b,l-end",
    "l-text,i-a,tg-i,l-end", "l-text,i-a,ff-Lato,l-end", "l-text,i-a,ff-Roboto,l-end",
    "l-text,i-a,pa-1_2,l-end", "l-text,i-a,pa-2_1,l-end", "l-text,i-a,lx-0,l-end",
    "l-text,i-a,lx-N1,l-end", "l-text,i-a,lx-1,lap-center,l-end",
    # Texts that contain syntax of the canonical text, which the key is made of.
    text_layer("a,size=9", "fs-45"), text_layer("a),x=0)(w=3", "fs-45"),
    text_layer("a%2C", "fs-45"), text_layer("a,", "fs-45"), text_layer("a\n", "fs-45"),
]


def test_different_pictures_have_different_keys(site, photograph):
    keys = {}
    for options in DISTINCT:
        found = key(site, f"/kept{photograph}?tr={options}")
        assert found not in keys, f"{options} and {keys[found]} share {found}"
        keys[found] = options


SAME = [
    ("w-20,h-10", "h-10,w-20"), ("w-20", "w-%32%30"), ("w-20,bl-5", "bl-5,w-20"),
    ("w-0.5", "w-0.50"), ("w-20,dpr-2", "w-40"), ("w-20,f-jpg", "w-20,f-jpeg"),
    ("w-20:h-10", "w-20%3Ah-10"), ("w-20,fo-center", "w-20"), ("w-9,o-100", "w-9"),
    ("w-20,rt-N90", "w-20,rt-270"), ("r-10", "r-10_10_10_10"), ("fl-h_v", "fl-v_h"),
    ("ar-4-3,w-20", "ar-4_3,w-20"), ("w-20,lo-false,pr-false", "w-20"),
    ("e-shadow", "e-shadow-bl-10_st-30_x-2_y-2"), ("e-usm", "e-usm-2-2-0.8-0.024"),
    ("e-gradient", "e-gradient-ld-180_from-FFFFFF_to-00000000_sp-1"),
    ("l-text,i-Hello,l-end", text_layer("Hello", "fs-45")),
    ("l-text,i-a,co-red,l-end", "l-text,i-a,co-FF0000,l-end"),
    ("if-ar_gt_1,w-20,if-end", "if-ar_gt_1.0,w-20,if-end"),
]


@pytest.mark.parametrize("one, other", SAME)
def test_two_spellings_have_one_key(site, photograph, one, other):
    assert key(site, f"/kept{photograph}?tr={one}") == key(site, f"/kept{photograph}?tr={other}")


def test_a_layer_has_one_key_however_its_path_is_spelled(site, photograph):
    name = photograph[1:]
    spellings = (f"i-{name}", f"i-@@{name}", f"ie-{encoded(name)}", f"ie-{encoded('/' + name)}")
    keys = {key(site, f"/kept{photograph}?tr=l-image,{spelling},w-9,l-end")
            for spelling in spellings}
    assert len(keys) == 1


@pytest.mark.parametrize("one, other", [
    ("w=20,q=high", "w=20,q=low"), ("w=20,compression=fast", "w=20"), ("w=20,f=json", "w=20"),
    ("w=20,metadata=keep", "w=20,metadata=copyright"), ("w=20,anim=false", "w=20"),
    ("w=20,f=jpeg", "w=20,f=baseline-jpeg"), ("w=20,trim=1;2;3;4", "w=20,trim=1;2;4;3"),
    ("w=20,trim=1;2;3;4", "w=20,trim=0.1;2;3;4"), ("w=20,flip=h", "w=20,flip=v"),
    ("w=20,h=9,fit=cover,gravity=0.25x0.5", "w=20,h=9,fit=cover,gravity=0.5x0.25")])
def test_cloudflares_options_never_share_a_key(site, photograph, one, other):
    assert (key(site, f"/cf-kept{photograph}/{one}")
            != key(site, f"/cf-kept{photograph}/{other}"))


# Attempts to see a private image without a signature

def discloses_nothing(answer):
    """True if the answer has neither the ETag of the private image nor any sign of a picture or its
    size."""
    reported = str(answer.headers) + answer.body.decode("latin-1")
    signs = ("tag-of-the-secret", "Content-DPR", "image/", "PNG", "JFIF", '"width"', "Location")
    return not any(sign in reported for sign in signs)


@pytest.mark.parametrize("options", [
    "l-image,i-{0},l-end", "l-image,i-@@{0},l-end", "l-image,ie-{1},l-end",
    "l-image,i-ik_canvas,l-image,i-{0},l-end,l-end", "l-text,i-a,l-image,i-{0},l-end,l-end",
    "l-image,i-{0},lm-cutter,l-end", "l-image,i-{0},lm-cutout,l-end",
    "l-image,i-{0},lm-displace,l-end", "l-image,i-{0},w-1,o-0,l-end",
    "if-w_gt_1000,l-image,i-{0},l-end,if-else,w-3,if-end",
    "if-w_gt_10,w-3,if-else,l-image,i-{0},l-end,if-end", "n-preview:l-image,i-{0},l-end"])
def test_an_image_with_a_private_layer_is_refused(site, small, secret, options):
    target = f"/img{small}?tr=" + options.format(secret[1:], encoded(secret[1:]))
    answer = site.get(target)
    assert answer.verdict == (401, "unsigned")
    assert discloses_nothing(answer)
    assert site.get(signing.imagekit(target, "/img/")).verdict == (200, "signed")


def test_a_signature_covers_the_layers(site, small, secret):
    signed = signing.imagekit(f"/img{small}?tr=l-image,i-{secret[1:]},w-3,l-end", "/img/")
    assert site.get(signed.replace("w-3", "w-4")).verdict == (401, "bad_signature")


@pytest.mark.parametrize("options", ["di-{0}", "w-3,di-@@{0}", "l-image,i-{0},l-end,di-{1}"])
def test_a_private_default_image_is_refused(site, small, secret, options):
    answer = site.get("/img/never-there.png?tr=" + options.format(secret[1:], small[1:]))
    assert answer.verdict == (401, "unsigned")
    assert discloses_nothing(answer)


@pytest.mark.parametrize("path", ["../x", "%2e%2e/x", "a;/../x", "a/..;v=1/x", "a\\x", "a\0x"])
def test_a_layer_path_with_dot_segments_or_invalid_bytes_is_refused(site, small, path):
    answer = site.get(f"/img{small}?tr=l-image,ie-{encoded(path)},l-end")
    assert answer.verdict == (400, "bad_options")


@pytest.mark.parametrize("path", ["tr:n-preview{0}", "tr:w-3{0}", "img{0}"])
def test_a_layer_path_is_a_path_at_the_origin_and_not_a_url_of_the_gate(site, small, secret, path):
    answer = site.get(f"/img{small}?tr=l-image,ie-{encoded(path.format(secret))},l-end")
    assert answer.verdict == (404, "not_found")


@pytest.mark.parametrize("font", ["@@etc@@passwd", "..@@x.ttf", "x.ttf"])
def test_a_font_is_a_name_and_never_a_file(site, small, font):
    usual = site.get(f"/img{small}?tr=l-text,i-a,l-end,f-png")
    named = site.get(f"/img{small}?tr=l-text,i-a,ff-{font},l-end,f-png")
    assert named.status == 200
    assert named.image().tobytes() == usual.image().tobytes()


@pytest.mark.parametrize("form", [
    "{0}/ik-thumbnail.jpg", "{0}/ik-thumbnail.jpg?tr=n-preview", "{0}?tr=orig-true",
    "{0}?tr=n-preview,orig-true", "{0}?tr=n-preview:orig-true", "{0}?tr=orig-true:n-preview",
    "{0}?tr=pg-1", "{0}?tr=n-preview,pg-1", "{0}?tr=n-preview,f-png", "{0}?tr=n-preview,md-true",
    "{0}?tr=n-preview:w-9", "{0}?tr=n-preview:n-preview", "{0}?tr=n-preview,di-x.png",
    "{0}?tr=l-image,i-ik_canvas,l-end,n-preview", "/ik-seo{1}/x.png", "/tr:{0}",
    "/ik-seo{1}/x.png?tr=n-preview,w-9", "{0}?tr=w-auto,dpr-auto"])
def test_options_beside_a_variant_and_other_forms_of_the_image_are_refused(site, secret, form):
    answer = site.get("/img" + form.format(secret, secret.removesuffix(".png")),
                      {"Sec-CH-Width": "100", "Sec-CH-DPR": "2"})
    assert answer.verdict == (401, "unsigned")
    assert discloses_nothing(answer)


@pytest.mark.parametrize("form", ["?tr=n-preview:", "?tr=:n-preview", "?tr=n-preview,",
                                  "?tr=n-preview&tr=w-9", "?tr=if-w_gt_1,n-preview,if-end"])
def test_an_invalid_list_with_a_variant_is_refused(site, secret, form):
    assert site.get(f"/img{secret}{form}").verdict[0] in (400, 401)


def test_query_arguments_do_not_change_a_variant(site, secret):
    plain = site.get(f"/img{secret}?tr=n-preview").body
    for form in ("&dpr=3", "&ik-attachment=true", "&w=60", "&format=png"):
        answer = site.get(f"/img{secret}?tr=n-preview{form}")
        assert answer.verdict == (200, "variant")
        assert answer.body == plain


@pytest.mark.parametrize("target", ["/cf{0}/w=auto", "/cf{0}/f=json", "/cf{0}/w=9,onerror=redirect",
                                    "/cdn-cgi/image/f=json{0}", "/cdn-cgi/image/w=9{0}",
                                    "/cdn-cgi/image/w=9,onerror=redirect{0}",
                                    "/cdn-cgi/image/w=9/http://localhost{0}"])
def test_size_and_redirect_options_of_a_private_image_are_refused(site, secret, target):
    answer = site.get(target.format(secret), {"Sec-CH-Width": "100"})
    assert answer.verdict == (403, "unsigned")
    assert discloses_nothing(answer)


@pytest.mark.parametrize("source", [
    "http://user@localhost{0}", "http://localhost@elsewhere{0}", "http://elsewhere{0}",
    "http://localhost.elsewhere{0}", "http:%2f%2felsewhere{0}", "http%3A//elsewhere{0}",
    "http://localhost:99999{0}", "http://localhost:{0}", "http://localhost", "http://localhost/",
    "http://localhost#{0}", "http://localhost\\@elsewhere{0}", "http://localhost/../x",
    "http://localhost/%2e%2e/x", "/a/..%2fx", "/a/%252e%252e/x", "/cdn-cgi/image/w=3{0}",
    "/cdn-cgi%2fimage/w=3{0}", "/x/cdn-cgi//image/w=3{0}", "", "/"])
def test_a_source_at_another_host_or_outside_the_root_is_refused(site, small, source):
    answer = site.get("/cdn-cgi/image/w=10/" + source.format(small))
    assert answer.verdict == (403, "bad_url")


@pytest.mark.parametrize("source", ["//elsewhere{0}", "http://localhost/img{0}",
                                    "http://localhost/alive"])
def test_a_source_url_is_only_looked_up_at_the_origin(site, small, source):
    answer = site.get("/cdn-cgi/image/w=10/" + source.format(small))
    assert answer.verdict == (404, "not_found")


def test_a_signature_covers_a_source_as_written(site, secret):
    signed = signing.cloudflare(f"/cdn-cgi/image/w=10{secret}", expires=signing.soon())
    assert site.get(signed).verdict == (200, "signed")
    for other in (signed.replace("w=10", "w=11"), signed.replace("w=10", "width=10"),
                  signed.replace(secret, "/" + secret),
                  signed.replace(secret, "/http://localhost" + secret),
                  f"/cf{secret}/w=10?" + signed.partition("?")[2]):
        assert site.get(other).verdict == (403, "bad_signature")


# Random transformations

NUMBERS = ["1", "3", "30", "200", "1000", "65535", "0", "0.5", "0.01", "1.5", "N5", "iw_div_2",
           "cw_mul_2", "ih_sub_10", "bw_div_3", "cw_pow_2", "iar_mul_30", "iw_mod_7", "iw_sub_iw"]
EFFECTS = ["bl-1", "bl-100", "e-grayscale", "e-contrast", "e-sharpen-10", "e-usm-9-3-80-0",
           "e-shadow", "e-shadow-bl-15_st-100_x-N100_y-100", "e-gradient-ld-45_sp-iw_div_2",
           "e-colorize-co-red_in-50", "cr-FF0000_50_00FF00", "cr-FF0000", "e-distort-a-N360",
           "e-distort-a-30", "e-distort-p-0_0_90_5_60_70_3_40", "e-distort-p-0_0_1_1_2_2_3_3",
           "b-{n}_red", "r-max", "r-3_0_50_9", "o-0", "o-50", "bg-gradient_dominant_4",
           "bg-FF000050", "t-99", "t-true", "rt-90", "rt-N30", "rt-auto", "fl-h_v"]
FITS = ["c-force", "c-at_max", "c-at_least", "c-at_max_enlarge", "c-maintain_ratio_no_enlarge",
        "cm-extract", "cm-pad_extract", "cm-pad_resize", "cm-pad_resize_no_enlarge",
        "cm-pad_resize,bg-blurred_9_N100", "cm-extract,x-{n},y-{n}", "cm-extract,xc-{n},yc-{n}"]
ENDS = ["", "", "", ",f-png", ",f-webp", ",f-jpg", ",f-gif", ",f-auto", ",cp-true", ",pr-true"]


class OptionLists:
    """Makes random lists of options, most of them valid: a step has no option twice."""

    def __init__(self, seed, inputs):
        self.random = random.Random(seed)
        self.inputs = inputs

    def with_numbers(self, text):
        while "{n}" in text:
            text = text.replace("{n}", self.random.choice(NUMBERS), 1)
        return text

    def some(self, choices, max_count):
        kinds = {}
        for choice in self.random.choices(choices, k=self.random.randint(0, max_count)):
            name = choice[:6] if choice.startswith("e-") else choice.split("-")[0]
            kinds.setdefault(name, choice)
        return [self.with_numbers(choice) for choice in kinds.values()]

    def size(self):
        items = [self.with_numbers(f"{side}-{{n}}") for side in "wh" if self.random.random() < 0.6]
        if self.random.random() < 0.5:
            items.append(self.with_numbers(self.random.choice(FITS)))
        return items

    def layer(self, depth):
        inner = self.layer(depth + 1) if depth < 3 and self.random.random() < 0.3 else []
        kind = self.random.choice([
            ["l-text", "i-Hello", "fs-20", "bg-red", "pa-3_0"],
            ["l-text", "ie-" + encoded("é 語\n<&"), "fs-30", "tg-b_i", "r-5"],
            ["l-image", "i-ik_canvas", self.with_numbers("w-{n}"), "bg-FF000050"],
            ["l-image", "i-" + self.random.choice(self.inputs)[1:], *self.size(), *inner,
             *self.some(["lm-cutter", "lm-displace", "lm-cutout", "lm-multiply"], 1)]])
        place = self.random.choice([[], ["lx-{n}", "ly-{n}"], ["lfo-top_left"], ["lxc-{n}"]])
        return [*kind, *(self.with_numbers(value) for value in place), "l-end"]

    def step(self):
        items = self.size() + self.some(EFFECTS, 2)
        if self.random.random() < 0.4:
            items += self.layer(1)
        return ",".join(items) or "w-7"

    def chain(self):
        steps = [self.step() for _ in range(self.random.choice([1, 1, 2, 3]))]
        if self.random.random() < 0.1:
            steps[0] = f"if-{self.random.choice(['w', 'h', 'iar'])}_gt_30,w-9,if-else,h-9,if-end"
        return ":".join(steps) + self.random.choice(ENDS)


@pytest.mark.parametrize("seed", range(4))
def test_random_lists_end_in_a_picture_or_a_refusal(site, origin, seed):
    inputs = [origin.publish(body, private=False) for body in (
        pictures.quarters(60, 40), pictures.see_through(64, 48), pictures.plain(1, 1),
        pictures.plain(2, 300), pictures.animation(4, 40, 30), pictures.turned(6),
        pictures.noise(50, 70))]
    lists = OptionLists(seed, inputs)
    statuses = set()
    for path in itertools.islice(itertools.cycle(inputs), 400):
        target = f"/small{path}?tr={lists.chain()}"
        answer = site.get(target)
        assert answer.status in (200, 400), f"{target}: {answer}"
        statuses.add(answer.status)
    assert statuses == {200, 400}


@pytest.mark.parametrize("text", ["ie-4qCA", "ie-wq0%3D", "i-a-b,w-1,ia-right",
                                  "i-Hello,fs-200,w-60,ia-left,lh-1",
                                  "i-Hello,w-1,tg-b_i_strikethrough,lh-1"])
def test_a_text_that_cannot_be_drawn_causes_no_server_error(site, origin, text):
    path = origin.publish(pictures.plain(60, 40), private=False)
    assert site.get(f"/img/tr:l-text,{text},l-end{path}").status in (200, 400)
