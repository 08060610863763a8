"""The migrations of docs/migration.md: requests URLs that a site had before from the configuration
that it has after. Public and private images, signed with the old keys, in the old sizes."""

import base64
import dataclasses
import hashlib
import re

import pytest

import nginx
import pictures
import signing
from documents import (CONFIGURATIONS, blocks, code, first_configuration, page, rows_after, run,
                       start)

PHOTOGRAPH = pictures.quarters(900, 600, kind="JPEG", quality=95)
PAGE = "migration.md"


def sized(answer):
    return answer.status, answer.reason, answer.image().size


class Shown:
    """The server that a configuration of the page shows."""

    def __init__(self, site, block):
        self.site = site
        self.port = "shown" if "listen 8080;" in block.text else "main"

    def __call__(self, target, headers=None, **options):
        return self.site.get(target, headers, port=self.port, **options)


@pytest.fixture(scope="module")
def after(folder, request):
    """Runs the page's configuration that contains these words, with one line replaced."""
    def serve(words, files=None, line="", by=""):
        block = first_configuration(PAGE, words)
        assert line in block.text
        block = dataclasses.replace(block, text=block.text.replace(line, by))
        return Shown(run(folder, request, block, files), block)
    return serve


def test_every_configuration_of_the_page_is_tested_here():
    """A new configuration needs a test here."""
    words = (IMAGEKIT, STORED, ZONE, RECIPE, HARDENED)
    shown = [block for block in CONFIGURATIONS if block.page == PAGE]
    assert [first_configuration(PAGE, one) for one in words] == shown


# From ImageKit

IMAGEKIT = "location ^~ /shop/"


@pytest.fixture(scope="module")
def shop(after, origin):
    origin.publish(PHOTOGRAPH, "/hat.jpg", content_type="image/jpeg")
    origin.publish(PHOTOGRAPH, "/new/secret.jpg", private=True, content_type="image/jpeg")
    return after(IMAGEKIT)


def in_shop(target, **options):
    return signing.imagekit(target, "/shop/", **options)


@pytest.mark.parametrize("target, size", [
    ("/shop/hat.jpg", (900, 600)),
    ("/shop/tr:n-thumb/hat.jpg", (200, 200)),
    ("/shop/tr:n-preview/hat.jpg", (600, 400)),
    ("/shop/tr:w-300,h-200/hat.jpg", (300, 200)),
    ("/shop/hat.jpg?tr=w-300:rt-90", (200, 300)),
    ("/shop/tr:w-400,ar-4-3:e-grayscale/hat.jpg", (400, 300)),
])
def test_imagekit_s_urls_of_a_public_image_still_work(shop, target, size):
    assert sized(shop(target)) == (200, "public", size)


@pytest.mark.parametrize("target, size", [
    ("/shop/new/secret.jpg", (900, 600)),
    ("/shop/tr:w-300/new/secret.jpg", (300, 200)),
    ("/shop/new/secret.jpg?tr=w-300,h-300", (300, 300)),
])
def test_imagekit_s_signed_urls_still_work(shop, target, size):
    assert shop(target).verdict == (401, "unsigned")
    assert sized(shop(in_shop(target))) == (200, "signed", size)
    assert sized(shop(in_shop(target, expires=signing.soon()))) == (200, "signed", size)
    assert shop(in_shop(target, expires=signing.soon(-60))).verdict == (401, "expired")
    assert shop(in_shop(target, key=signing.OTHER_KEY)).verdict == (401, "bad_signature")


def test_a_named_transformation_opens_a_private_image(shop):
    assert sized(shop("/shop/tr:n-thumb/new/secret.jpg")) == (200, "variant", (200, 200))
    assert shop("/shop/tr:n-other/new/secret.jpg").verdict == (400, "unknown_variant")


def test_the_format_is_automatic_with_imagekit_too(shop):
    answer = shop("/shop/tr:w-90/hat.jpg", {"Accept": "image/webp,*/*"})
    assert answer.header("Content-Type") == "image/webp" and answer.header("Vary") == "Accept"
    assert shop("/shop/tr:w-90/hat.jpg").header("Content-Type") == "image/jpeg"


def test_the_private_key_shown_is_the_one_that_signs():
    text = next(block.text for block in blocks(page(PAGE), "text"))
    assert re.search(r"private key +(\S+)", text)[1] == signing.KEY


# From Cloudflare Images

STORED = "location ^~ /cdn-cgi/imagedelivery/"
ACCOUNT = "/cdn-cgi/imagedelivery/9fwIqi49bb8wUlDFfiJILA"
ID = "/083eb7b2-5392-4565-b69e-aff66acddd00"


@pytest.fixture(scope="module")
def stored(after, origin):
    origin.publish(pictures.quarters(2000, 1000, kind="JPEG"), ID, private=False)
    origin.publish(pictures.quarters(2000, 1000, kind="JPEG"), "/customs/secret", private=True)
    return after(STORED)


@pytest.mark.parametrize("variant, size", [("public", (1366, 683)), ("avatar", (96, 96)),
                                           ("w=400,sharpen=3", (400, 200))])
def test_cloudflare_s_urls_of_a_public_image_still_work(stored, variant, size):
    assert sized(stored(f"{ACCOUNT}{ID}/{variant}")) == (200, "public", size)


def test_cloudflare_s_signed_urls_still_work(stored):
    target = f"{ACCOUNT}/customs/secret/public"
    assert stored(target).verdict == (403, "unsigned")
    for expires in (None, signing.soon()):
        signed = signing.cloudflare(target, expires=expires)
        assert sized(stored(signed)) == (200, "signed", (1366, 683))
    assert stored(signing.cloudflare(target, expires=signing.soon(-60))).verdict == (403, "expired")


def test_a_variant_that_is_always_public_opens_a_private_image(stored):
    assert sized(stored(f"{ACCOUNT}/customs/secret/avatar")) == (200, "variant", (96, 96))


def test_flexible_variants_are_for_public_images_only(stored):
    target = f"{ACCOUNT}/customs/secret/w=400"
    assert stored(target).verdict == (403, "adhoc_off")
    assert stored(signing.cloudflare(target)).verdict == (403, "adhoc_off")


ZONE = "location ^~ /cdn-cgi/image/"


@pytest.fixture(scope="module")
def zone(after, origin):
    origin.publish(PHOTOGRAPH, "/photos/a.jpg", private=False, content_type="image/jpeg")
    origin.publish(PHOTOGRAPH, "/photos/secret.jpg", private=True, content_type="image/jpeg")
    return after(ZONE)


def before_of_the_zone():
    text = next(block.text for block in blocks(page(PAGE), "text") if "width=400" in block.text)
    urls = text.split()
    assert len(urls) == 2
    return [url.removeprefix("https://example.com") for url in urls]


@pytest.mark.parametrize("target", before_of_the_zone())
def test_transformations_of_a_zone_still_work(zone, target):
    assert sized(zone(target, host="example.com")) == (200, "public", (400, 267))
    secret = target.replace("a.jpg", "secret.jpg")
    assert zone(secret, host="example.com").verdict == (403, "unsigned")
    assert sized(zone(signing.cloudflare(secret), host="example.com")) == (
        200, "signed", (400, 267))


def test_a_source_elsewhere_is_a_bad_url(zone):
    target = "/cdn-cgi/image/width=400/https://other.example/photos/a.jpg"
    assert zone(target, host="example.com").verdict == (403, "bad_url")


# From image_filter, secure_link and a second server

RECIPE = "location ^~ /photos/"
ON_DISK = {"files/photos/a.jpg": PHOTOGRAPH, "files/photos/deep/b.jpg": PHOTOGRAPH}


@pytest.fixture(scope="module")
def photos(after):
    return after(RECIPE, ON_DISK)


def in_photos(target, **options):
    return signing.imagekit(target, "/photos/", **options)


@pytest.mark.parametrize("target, size", [
    ("/photos/tr:w-300,h-200,c-at_max/a.jpg", (300, 200)),
    ("/photos/tr:w-300,h-300,c-at_max/deep/b.jpg", (300, 200)),
    ("/photos/a.jpg", (900, 600)),
])
def test_an_image_of_a_secure_link_needs_a_signature(photos, target, size):
    assert photos(target).verdict == (401, "unsigned")
    assert sized(photos(in_photos(target, expires=signing.soon()))) == (200, "signed", size)
    assert photos(in_photos(target, expires=signing.soon(-60))).verdict == (401, "expired")


def test_a_signature_is_of_one_size(photos):
    target = in_photos("/photos/tr:w-300,h-200,c-at_max/a.jpg").replace("w-300", "w-301")
    assert photos(target).verdict == (401, "bad_signature")


def test_old_links_are_redirected_to_new_ones(photos):
    answer = photos("/small/300x200/deep/b.jpg?md5=q3v&expires=2147483647")
    place = answer.header("Location").partition("://")[2].partition("/")
    assert (answer.status, "/" + place[2]) == (302, "/photos/tr:w-300,h-200,c-at_max/deep/b.jpg")
    assert photos("/" + place[2]).verdict == (401, "unsigned")


def test_old_links_of_public_images_work_where_no_signature_is_required(after):
    site = after(RECIPE, ON_DISK, "private_image_signature        always;",
                 "private_image_signature        private;")
    assert sized(site("/photos/tr:w-300,h-200,c-at_max/a.jpg")) == (200, "public", (300, 200))


HEADING = "## From image_filter, secure_link and a second server"


@pytest.fixture(scope="module")
def before(folder, request):
    """The configuration of the recipe."""
    place = folder(ON_DISK)
    text = next(block.text for block in blocks(page(PAGE), "text") if "image_filter" in block.text)
    for old, new in (("/var/cache/nginx/small", "cache"), ("listen 80;", "listen 127.0.0.1:%d;" %
                     place.port("shown")), ("127.0.0.1:8081", f"127.0.0.1:{place.port('second')}"),
                     ("/srv/", f"{place.path}/files/")):
        assert old in text
        text = text.replace(old, new)
    place.configure(main=f"load_module {nginx.PEERS}/ngx_http_image_filter_module.so;", http=text)
    return start(place, request)


def linked(path, expires=2147483647):
    """The link as secure_link expects it."""
    digest = hashlib.md5(f"{expires}{path} secret".encode()).digest()
    return f"{path}?md5={base64.urlsafe_b64encode(digest).decode().rstrip('=')}&expires={expires}"


@pytest.mark.debian_nginx
def test_the_recipe_is_one_that_works(before):
    path = "/small/300x200/a.jpg"
    assert before.get(linked(path), port="shown").image().size == (300, 200)
    assert before.get(path, port="shown").status == 403
    assert before.get(linked(path, expires=1), port="shown").status == 410


@pytest.mark.debian_nginx
@pytest.mark.parametrize("width, height", [(300, 200), (300, 300), (90, 600), (1200, 900)])
def test_a_resize_has_the_size_it_had(before, zone, photos, width, height):
    had = before.get(linked(f"/small/{width}x{height}/a.jpg"), port="shown").image().size
    for answer in both_ways("image_filter resize W H", zone, photos, width, height):
        assert sized(answer)[2] == had


# The recipe has no `crop`: it never enlarges, and cuts what is beyond the box.
@pytest.mark.parametrize("width, height, had", [(300, 300, (300, 300)), (90, 600, (90, 600)),
                                                (1200, 300, (900, 300))])
def test_a_crop_has_the_size_it_had(zone, photos, width, height, had):
    for answer in both_ways("image_filter crop W H", zone, photos, width, height):
        assert sized(answer)[2] == had


def both_ways(directive, zone, photos, width, height):
    """The answers to the new URLs of the page's table, in ImageKit's and in Cloudflare's form."""
    words = next(row[1] for row in rows_after(PAGE, HEADING) if code(row[0]) == directive)
    imagekit, cloudflare = (
        options.replace("W", str(width)).replace("H", str(height))
        for options in re.findall(r"`([^`]+)`", words))
    yield photos(in_photos(f"/photos/tr:{imagekit}/a.jpg"))
    yield zone(f"/cdn-cgi/image/{cloudflare}/photos/a.jpg")


def test_degrees_count_the_other_way_round(photos):
    """image_filter's `rotate 90` turns counter-clockwise."""
    image = photos(in_photos("/photos/tr:w-90:rt-N90/a.jpg")).image()
    assert image.size == (60, 90)
    assert pictures.shows(image, pictures.GREEN, 0.2, 0.2, 40)
    assert pictures.shows(image, pictures.RED, 0.2, 0.8, 40)


# Hardening

HARDENED = "private_image_unmarked           private;"


@pytest.fixture(scope="module")
def hardened(after, origin):
    origin.publish(PHOTOGRAPH, "/forgotten.jpg", content_type="image/jpeg")
    origin.publish(PHOTOGRAPH, "/open.jpg", private=False, content_type="image/jpeg")
    origin.publish(pictures.animation(), "/moves.gif", private=False, content_type="image/gif")
    return after(HARDENED)


def in_img(target, seconds=3600):
    return signing.imagekit(target, "/img/", expires=seconds and signing.soon(seconds))


def test_an_unmarked_image_is_private(hardened):
    assert hardened("/img/forgotten.jpg").verdict == (404, "not_found")
    assert sized(hardened(in_img("/img/forgotten.jpg"))) == (200, "signed", (900, 600))
    assert sized(hardened("/img/tr:n-thumb/forgotten.jpg")) == (200, "variant", (200, 133))


def test_a_public_image_has_only_the_sizes_of_variants(hardened):
    assert sized(hardened("/img/open.jpg")) == (200, "public", (900, 600))
    assert sized(hardened("/img/tr:n-thumb/open.jpg")) == (200, "public", (200, 133))
    assert hardened("/img/tr:w-300/open.jpg").verdict == (404, "not_found")
    assert hardened(in_img("/img/tr:w-300/open.jpg")).image().size == (300, 200)


@pytest.mark.parametrize("seconds", [8 * 24 * 3600, None])
def test_a_signature_without_expiry_is_refused(hardened, seconds):
    assert hardened(in_img("/img/forgotten.jpg", seconds)).verdict == (404, "not_found")


def test_refused_and_missing_look_alike(hardened):
    refused, missing = hardened("/img/forgotten.jpg"), hardened("/img/missing.jpg")
    assert missing.status == 404 and refused.body == missing.body


def test_other_types_are_not_decoded(hardened):
    hardened.site.expect_errors("private_image: unsupported_type")
    target = in_img("/img/tr:w-20/moves.gif")
    assert hardened(target).verdict == (415, "unsupported_type")
