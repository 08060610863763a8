"""Public previews of private originals have the watermark at the configured place, and no addition
to the URL removes it."""

import pytest

import pictures
import signing
from pictures import BLUE, RED

SITE = """
    private_image_key img.key;
    private_image_watermark logo   red.png;
    private_image_watermark corner red.png gravity=top-left margin=10;
    private_image_watermark middle red.png gravity=center scale=0.5;
    private_image_watermark faint  red.png gravity=center opacity=0.5 scale=1;
    private_image_watermark tiles  red.png tile opacity=0.9;
    private_image_watermark wide   wide.png;
    private_image_watermark hollow hollow.png gravity=center scale=1;
    {% for name in ("logo", "corner", "middle", "faint", "tiles", "wide", "hollow") %}
    private_image_variant {{ name }} public w=200,watermark={{ name }};
    {% endfor %}
    private_image_variant plain signed w=200;
    private_image_variant jpeg  public w=200,watermark=logo,f=jpeg;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /open/ { private_image cloudflare; private_image_adhoc public;
                         proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def site(gate):
    from PIL import Image, ImageDraw
    hollow = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    ImageDraw.Draw(hollow).rectangle((0, 0, 39, 5), fill=RED + (255,))
    return gate(SITE, files={"conf/red.png": pictures.plain(40, 20, RED),
                             "conf/wide.png": pictures.plain(1000, 100, RED),
                             "conf/hollow.png": pictures.encode(hollow)})


@pytest.fixture(scope="module")
def secret(origin):
    return origin.publish(pictures.plain(400, 300, BLUE), private=True)


def preview(site, path, name):
    answer = site.get(f"/cf{path}/{name}")
    assert answer.verdict == (200, "variant"), answer
    image = answer.image()
    assert image.size == (200, 150)
    assert site.get(f"/ik/tr:n-{name}{path}").image().convert("RGB").tobytes() == (
        image.convert("RGB").tobytes())
    return image.convert("RGB")


def test_the_watermark_is_at_the_bottom_right_by_default(site, secret):
    image = preview(site, secret, "logo")
    assert pictures.shows(image, RED, 0.9, 0.94)
    assert pictures.shows(image, BLUE, 0.1, 0.1) and pictures.shows(image, BLUE)


def test_a_corner_and_a_margin(site, secret):
    image = preview(site, secret, "corner")
    assert pictures.is_near(image.getpixel((12, 12)), RED)
    assert pictures.is_near(image.getpixel((48, 28)), RED)
    for place in ((8, 20), (20, 8), (53, 20), (20, 33), (190, 140)):
        assert pictures.is_near(image.getpixel(place), BLUE), place


def test_scale_is_a_share_of_the_width(site, secret):
    image = preview(site, secret, "middle")
    for place in ((54, 75), (146, 75), (100, 54), (100, 96)):
        assert pictures.is_near(image.getpixel(place), RED), place
    for place in ((46, 75), (154, 75), (100, 46), (100, 104)):
        assert pictures.is_near(image.getpixel(place), BLUE), place


def test_opacity_mixes(site, secret):
    image = preview(site, secret, "faint")
    mixed = tuple((a + b) // 2 for a, b in zip(RED, BLUE))
    assert pictures.shows(image, mixed, tolerance=6)


def test_tiles_cover_everything(site, secret):
    image = preview(site, secret, "tiles")
    cells = [(x, y) for x in range(0, 200, 40) for y in range(0, 140, 20)]
    for left, top in cells:
        cell = image.crop((left, top, left + 40, top + 20))
        assert any(not pictures.is_near(pixel, BLUE, 30) for pixel in cell.getdata()), (left, top)


def test_a_mark_larger_than_the_picture_is_scaled_down(site, secret):
    image = preview(site, secret, "wide")
    assert pictures.shows(image, RED, 0.05, 0.96) and pictures.shows(image, RED, 0.95, 0.96)
    assert pictures.shows(image, BLUE, 0.5, 0.5)


def test_a_transparent_mark_hides_only_where_it_is_painted(site, secret):
    image = preview(site, secret, "hollow")
    assert pictures.shows(image, BLUE, 0.5, 0.7)
    assert any(pictures.is_near(pixel, RED) for pixel in image.getdata())


def test_every_format_and_shape_is_marked(site, origin):
    for body in (pictures.plain(400, 300, BLUE, kind="JPEG"), pictures.see_through(400, 300, BLUE),
                 pictures.plain(400, 300, BLUE, kind="WEBP"), pictures.turned(6, 400, 300),
                 pictures.plain(300, 400, BLUE)):
        path = origin.publish(body, private=True)
        image = site.get(f"/cf{path}/logo").image().convert("RGB")
        assert pictures.is_near(image.getpixel((image.width - 10, image.height - 6)), RED, 20)


def test_every_frame_of_an_animation_is_marked(site, origin):
    path = origin.publish(pictures.animation(5, 300, 200), private=True)
    image = site.get(f"/cf{path}/logo").image()
    assert image.n_frames == 5
    for frame in range(5):
        image.seek(frame)
        pixel = image.convert("RGB").getpixel((image.width - 10, image.height - 6))
        assert pictures.is_near(pixel, RED, 30), frame


def test_a_mark_stays_on_a_tiny_picture(site, origin):
    path = origin.publish(pictures.plain(6, 4, BLUE), private=True)
    answer = site.get(f"/cf{path}/logo")
    if answer.status == 200:
        pixels = answer.image().convert("RGB").getdata()
        assert any(not pictures.is_near(pixel, BLUE, 30) for pixel in pixels)
    else:
        assert answer.status in (400, 422)


def test_anything_beside_a_public_variant_needs_a_signature(site, secret):
    beside = [f"/ik/tr:n-logo,w-200{secret}", f"/ik/tr:n-logo:w-200{secret}",
              f"/ik/tr:w-200:n-logo{secret}", f"/ik/tr:n-logo:n-jpeg{secret}",
              f"/ik/tr:n-logo,q-100{secret}", f"/ik/tr:n-logo,orig-true{secret}",
              f"/ik/tr:n-logo:cm-extract,w-50,h-50,x-0,y-0{secret}",
              f"/cf{secret}/logo,w=200", f"/cf{secret}/w=200,logo", f"/cf{secret}/w=200"]
    for target in beside:
        answer = site.get(target)
        assert answer.status in (400, 401, 403), target
        assert b"PNG" not in answer.body
    assert site.get(f"/open{secret}/w=200").verdict == (403, "adhoc_off")
    signed = signing.imagekit(f"/ik/tr:n-logo:w-100{secret}", "/ik/")
    assert site.get(signed).verdict == (200, "signed")


def test_parameters_elsewhere_in_the_url_change_no_pixel(site, secret):
    wanted = site.get(f"/ik/tr:n-logo{secret}").body
    for query in ("v=2", "w=1000", "width=10&q=100", "ik-attachment=true", "n=plain", "TR=w-1000"):
        answer = site.get(f"/ik/tr:n-logo{secret}?{query}")
        assert answer.verdict == (200, "variant") and answer.body == wanted, query
    for query in ("tr=w-200", "tr=orig-true", "tr="):
        assert site.get(f"/ik/tr:n-logo{secret}?{query}").status in (400, 401), query


def test_an_unsigned_url_cannot_request_a_watermark(site, origin):
    path = origin.publish(pictures.plain(400, 300, BLUE), private=False)
    assert site.get(f"/cf{path}/w=100,watermark=logo").verdict == (400, "bad_options")


def test_a_client_cannot_reach_the_original_through_ranges_or_conditions(site, secret):
    target = f"/ik/tr:n-logo{secret}"
    whole = site.get(target)
    part = site.get(target, {"Range": "bytes=0-99999"})
    assert part.status == 206 and part.body == whole.body
