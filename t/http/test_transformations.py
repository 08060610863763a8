"""Every option of both dialects through nginx, checked by decoded pixels; URLs of the published
clients; and the effect of client hints, layers and default images."""

import json
import zlib

import pytest
from PIL import Image, ImageSequence

import caching
import pictures
import signing
from pictures import BLACK, BLUE, GREEN, RED, WHITE

ACCOUNT = "/ZWd9g1K7eljCn_KDTu_MWA"
CUSTOM = f"/cdn-cgi/imagedelivery{ACCOUNT}"
IMAGE_ID = "/083eb7b2-5392-4565-b69e-aff66acddd00"

HTTP = caching.HTTP + """
    add_header X-Size $private_image_output_size always;
"""

SITE = """
    private_image_key img.key;
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /named/ { private_image imagekit; private_image_adhoc off;
                          private_image_variant preview public w=60;
                          proxy_pass {{ origin }}/; }
    location ^~ /kept/ks/ { private_image imagekit; private_image_cache derivatives;
                            proxy_pass {{ origin }}/; }
    location ^~ /kept/cf/ { private_image cloudflare; private_image_cache derivatives;
                            proxy_pass {{ origin }}/; }
    location ^~ /cdn-cgi/image/ { private_image cloudflare;
                                  private_image_prefix /cdn-cgi/image/;
                                  proxy_pass {{ origin }}/; }
    location ^~ {{ account }}/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ {{ custom }}/  { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /acct/     { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /relative/ { private_image imagekit; proxy_pass {{ origin }}/; }
"""


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP, account=ACCOUNT, custom=CUSTOM)
    site.expect_errors("private_image: damaged")
    return site


# ------------------------------------------------------------------ sources

GREY, LIGHT, DARK = (100, 100, 100), (150, 150, 150), (50, 50, 50)
WIDE = pictures.stripes(90, 30, (RED, GREEN, BLUE))
TALL = pictures.stripes(30, 90, (RED, GREEN, BLUE), upright=True)
QUARTERS = pictures.quarters(64, 48)
PLAIN = pictures.plain(60, 40, BLUE)
FAINT = pictures.plain(60, 40, GREY)
EDGE = pictures.stripes(100, 100, (BLACK, WHITE))
SOFT_EDGE = pictures.stripes(100, 100, (GREY, LIGHT))
LARGE = pictures.quarters(600, 400, kind="JPEG", quality=95)
ANIMATION = pictures.animation()
TORN = pictures.noise(60, 60)[:2000]
TURNED = pictures.turned(6)  # 60 by 40 once upright


def framed_image(size, frame, colour, inner):
    image = Image.new("RGBA", size, colour)
    image.paste(inner, (frame, frame, size[0] - frame, size[1] - frame))
    return pictures.encode(image)


FRAMED = framed_image((60, 40), 10, WHITE + (255,), RED + (255,))
ISLAND = framed_image((60, 60), 20, (0, 0, 0, 0), RED + (255,))
CLEAR = pictures.see_through(60, 40, alpha=0)


@pytest.fixture(scope="module")
def path_of(origin):
    """The path of a source, published once."""
    published = {}

    def find(body):
        if body not in published:
            published[body] = origin.publish(body, private=False)
        return published[body]

    return find


def quarters(*colours):
    """Expected colours left to right, then down."""
    places = [(0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)]
    return dict(zip(places, colours))


def everywhere(colour):
    return quarters(*[colour] * 4)


# PNG in and out: a pixel may differ by what resampling and colour arithmetic round away.
TOLERANCE = 4


def check(answer, size, pixels, tolerance=TOLERANCE):
    assert answer.status == 200, f"{answer}, {answer.body[:200]!r}"
    image = answer.image()
    assert image.size == size
    for place, colour in pixels.items():
        found = pictures.colour_at(image, *place)
        assert pictures.is_near(found, colour, tolerance), f"{found} at {place}, not {colour}"


# ------------------------------------------------------------------ Cloudflare

RGB_FUNCTION = "rgb%280%2C0%2C255%29"

CLOUDFLARE = [
    ("w=32", QUARTERS, (32, 24), quarters(RED, GREEN, BLUE, WHITE)),
    ("height=24", QUARTERS, (32, 24), quarters(RED, GREEN, BLUE, WHITE)),
    ("w=16,dpr=2", QUARTERS, (32, 24), {}),
    ("w=500,h=500", QUARTERS, (64, 48), {}),
    ("w=128,h=128,fit=contain", QUARTERS, (128, 96), {}),
    ("w=30,h=30,fit=cover", WIDE, (30, 30), everywhere(GREEN)),
    ("w=30,h=30,fit=cover,gravity=left", WIDE, (30, 30), everywhere(RED)),
    ("w=30,h=30,fit=cover,g=right", WIDE, (30, 30), everywhere(BLUE)),
    ("w=30,h=30,fit=cover,g=top", TALL, (30, 30), everywhere(RED)),
    ("w=30,h=30,fit=cover,g=bottom", TALL, (30, 30), everywhere(BLUE)),
    ("w=30,h=30,fit=crop,g=0x0.5", WIDE, (30, 30), everywhere(RED)),
    ("w=30,h=30,fit=cover,g=auto", WIDE, (30, 30), {}),
    ("w=30,h=30,fit=cover,g=face,zoom=0.5", WIDE, (30, 30), {}),
    ("w=30,h=30,fit=cover,g=face,face-zoom=1", WIDE, (30, 30), {}),
    ("w=100,h=100,fit=crop", QUARTERS, (64, 48), {}),
    ("w=60,h=60,fit=pad", PLAIN, (60, 60), {(0.5, 0.05): WHITE, (0.5, 0.5): BLUE}),
    ("w=60,h=60,fit=pad,background=red", PLAIN, (60, 60),
     {(0.5, 0.05): (255, 0, 0), (0.5, 0.5): BLUE}),
    ("w=40,h=60,fit=squeeze", QUARTERS, (40, 60), quarters(RED, GREEN, BLUE, WHITE)),
    ("w=200,h=100,fit=aspect-crop", QUARTERS, (64, 32), quarters(RED, GREEN, BLUE, WHITE)),
    ("w=10,fit=scale-up", QUARTERS, (64, 48), {}),
    ("w=128,fit=scale-up", QUARTERS, (128, 96), {}),
    ("trim=0;0;0;30", WIDE, (60, 30), {(0.2, 0.5): GREEN, (0.8, 0.5): BLUE}),
    ("trim=0%3B60%3B0%3B0", WIDE, (30, 30), everywhere(RED)),
    ("trim=0;0;0;0.5", QUARTERS, (32, 48), quarters(GREEN, GREEN, WHITE, WHITE)),
    ("trim.left=30,trim.top=0,trim.width=30,trim.height=20", WIDE, (30, 20), everywhere(GREEN)),
    ("trim=border", FRAMED, (40, 20), everywhere(RED)),
    ("trim=border,trim.border.keep=2", FRAMED, (44, 24), {(0, 0): WHITE, (0.5, 0.5): RED}),
    ("trim=border,trim.border.color=white,trim.border.tolerance=10", FRAMED, (40, 20), {}),
    ("trim=border,trim.border.color=%23000000,trim.border.tolerance=10", FRAMED, (60, 40), {}),
    ("rotate=90", QUARTERS, (48, 64), quarters(BLUE, RED, WHITE, GREEN)),
    ("rotate=180", QUARTERS, (64, 48), quarters(WHITE, BLUE, GREEN, RED)),
    ("rotate=270,w=24", QUARTERS, (24, 32), quarters(GREEN, WHITE, RED, BLUE)),
    ("flip=h", QUARTERS, (64, 48), quarters(GREEN, RED, WHITE, BLUE)),
    ("flip=v", QUARTERS, (64, 48), quarters(BLUE, WHITE, RED, GREEN)),
    ("flip=hv", QUARTERS, (64, 48), quarters(WHITE, BLUE, GREEN, RED)),
    ("flip=h,rotate=90", QUARTERS, (48, 64), quarters(WHITE, GREEN, BLUE, RED)),
    ("background=%23ff0000", CLEAR, (60, 40), everywhere((255, 0, 0))),
    (f"background={RGB_FUNCTION}", CLEAR, (60, 40), everywhere((0, 0, 255))),
    ("brightness=0.5", FAINT, (60, 40), everywhere(DARK)),
    ("brightness=2", FAINT, (60, 40), everywhere((200, 200, 200))),
    ("gamma=2", FAINT, (60, 40), everywhere((160, 160, 160))),
    ("gamma=0.5", FAINT, (60, 40), everywhere((39, 39, 39))),
    ("contrast=0", SOFT_EDGE, (100, 100), quarters(GREY, LIGHT, GREY, LIGHT)),
    ("trim=0;0;0;15,dpr=2", WIDE, (60, 30), {(0.2, 0.5): GREEN, (0.8, 0.5): BLUE}),
    ("contrast=1", SOFT_EDGE, (100, 100), quarters(GREY, LIGHT, GREY, LIGHT)),
    ("compression=fast,w=32", QUARTERS, (32, 24), {}),
    ("upscale=interpolate,w=128,fit=contain", QUARTERS, (128, 96), {}),
]


def by_options(rows):
    """Test ids from the options; sources are bytes and not readable."""
    return [pytest.param(*row, id=f"{row[0]} {row[2]}") for row in rows]


@pytest.mark.parametrize("options, source, size, pixels", by_options(CLOUDFLARE))
def test_a_cloudflare_option_does_what_it_says(site, path_of, options, source, size, pixels):
    check(site.get(f"/cf{path_of(source)}/{options}"), size, pixels)


# ------------------------------------------------------------------ ImageKit

IMAGEKIT = [
    ("w-32", QUARTERS, (32, 24), quarters(RED, GREEN, BLUE, WHITE)),
    ("h-24", QUARTERS, (32, 24), {}),
    ("w-0.5", QUARTERS, (32, 24), {}),
    ("w-16,dpr-2", QUARTERS, (32, 24), {}),
    ("w-30,ar-1-1", WIDE, (30, 30), everywhere(GREEN)),
    ("h-30,ar-2_1", WIDE, (60, 30), {}),
    ("w-30,h-30", WIDE, (30, 30), everywhere(GREEN)),
    ("w-30,h-30,fo-left", WIDE, (30, 30), everywhere(RED)),
    ("w-30,h-30,fo-right", WIDE, (30, 30), everywhere(BLUE)),
    ("w-30,h-30,fo-top_left", TALL, (30, 30), everywhere(RED)),
    ("w-30,h-30,fo-bottom_right", TALL, (30, 30), everywhere(BLUE)),
    ("w-30,h-30,fo-auto", WIDE, (30, 30), {}),
    ("w-30,h-30,fo-custom", WIDE, (30, 30), everywhere(GREEN)),
    ("w-30,h-30,fo-face,z-0.5", WIDE, (30, 30), {}),
    ("w-30,h-30,fo-car", WIDE, (30, 30), {}),
    ("w-40,h-60,c-force", QUARTERS, (40, 60), quarters(RED, GREEN, BLUE, WHITE)),
    ("w-30,h-30,c-at_max", QUARTERS, (30, 23), {}),
    ("w-640,h-640,c-at_max", QUARTERS, (64, 48), {}),
    ("w-128,h-128,c-at_max_enlarge", QUARTERS, (128, 96), {}),
    ("w-24,h-24,c-at_least", QUARTERS, (32, 24), {}),
    ("w-30,h-30,c-maintain_ratio_no_enlarge", WIDE, (30, 30), everywhere(GREEN)),
    ("w-60,h-60,cm-pad_resize,bg-FF0000", PLAIN, (60, 60),
     {(0.5, 0.05): (255, 0, 0), (0.5, 0.5): BLUE}),
    ("w-60,h-60,cm-pad_resize,bg-red,fo-top", PLAIN, (60, 60),
     {(0.5, 0.05): BLUE, (0.5, 0.95): (255, 0, 0)}),
    ("w-30,h-30,cm-extract,x-60,y-0", WIDE, (30, 30), everywhere(BLUE)),
    ("w-20,h-20,cm-extract,xc-15,yc-15", WIDE, (20, 20), everywhere(RED)),
    ("w-30,h-30,cm-extract,fo-left", WIDE, (30, 30), everywhere(RED)),
    ("w-80,h-80,cm-pad_extract,bg-00FF00", PLAIN, (80, 80),
     {(0.5, 0.05): (0, 255, 0), (0.5, 0.5): BLUE}),
    ("w-80,h-80,cm-pad_resize_no_enlarge,bg-00FF00", PLAIN, (80, 80),
     {(0.05, 0.5): (0, 255, 0), (0.5, 0.5): BLUE}),
    ("w-80,h-80,cm-pad_extract_no_shrink,bg-00FF00", PLAIN, (80, 80), {(0.5, 0.5): BLUE}),
    # Expressions, evaluated in rounds: products, sums, remainders, powers.
    ("w-iw_div_4", QUARTERS, (16, 12), {}),
    ("w-iw_sub_ih_mul_1,h-ih", QUARTERS, (16, 48), {}),
    ("w-iw_mod_60_pow_2", QUARTERS, (16, 12), {}),
    ("h-ih_add_0,ar-iar_mul_0.5", QUARTERS, (32, 48), {}),
    ("w-32:w-cw_div_2,h-ch", QUARTERS, (16, 24), {}),
    ("w-30,h-30,cm-extract,x-iw_sub_30,y-0", WIDE, (30, 30), everywhere(BLUE)),
    # Conditions.
    ("if-ar_gt_1,w-20,if-else,w-10,if-end", QUARTERS, (20, 15), {}),
    ("if-ar_gt_1,w-20,if-else,w-10,if-end", TALL, (10, 30), {}),
    ("if-iw_eq_64_and_ih_lt_48_or_h_gte_48,w-16,if-end", QUARTERS, (16, 12), {}),
    ("if-iar_ne_4-3,w-16,if-end", QUARTERS, (64, 48), {}),
    # Turning and edges.
    ("rt-90", QUARTERS, (48, 64), quarters(BLUE, RED, WHITE, GREEN)),
    ("rt-N90", QUARTERS, (48, 64), quarters(GREEN, WHITE, RED, BLUE)),
    ("rt-180", QUARTERS, (64, 48), quarters(WHITE, BLUE, GREEN, RED)),
    ("fl-h", QUARTERS, (64, 48), quarters(GREEN, RED, WHITE, BLUE)),
    ("fl-v", QUARTERS, (64, 48), quarters(BLUE, WHITE, RED, GREEN)),
    ("fl-h_v", QUARTERS, (64, 48), quarters(WHITE, BLUE, GREEN, RED)),
    ("b-5_FF0000", PLAIN, (70, 50), {(0.01, 0.5): (255, 0, 0), (0.5, 0.5): BLUE}),
    ("b-iw_div_6_FF0000", PLAIN, (80, 60), {(0.01, 0.5): (255, 0, 0), (0.5, 0.5): BLUE}),
    ("t-true", FRAMED, (40, 20), everywhere(RED)),
    ("t-50", FRAMED, (40, 20), everywhere(RED)),
    ("bg-FF0000", CLEAR, (60, 40), everywhere((255, 0, 0))),
    ("w-60,h-60,cm-pad_resize,bg-blurred", PLAIN, (60, 60), everywhere(BLUE)),
    ("w-60,h-60,cm-pad_resize,bg-blurred_20_N255", PLAIN, (60, 60),
     {(0.5, 0.02): BLACK, (0.5, 0.5): BLUE}),
    ("w-60,h-60,cm-pad_resize,bg-dominant", PLAIN, (60, 60), everywhere(BLUE)),
    ("w-60,h-60,cm-pad_resize,bg-gradient_dominant_2", PLAIN, (60, 60), {(0.5, 0.5): BLUE}),
    # Effects.
    ("e-contrast", SOFT_EDGE, (100, 100), quarters(BLACK, WHITE, BLACK, WHITE)),
    ("e-colorize-co-FF0000_in-0", PLAIN, (60, 40), everywhere(BLUE)),
    ("cr-00FF00_20_DC1E1E", FRAMED, (60, 40), {(0.02, 0.5): WHITE}),
    ("e-gradient-ld-bottom_from-FF0000_to-FF000000", pictures.plain(60, 100, BLUE), (60, 100),
     {(0.5, 0.99): BLUE}),
    ("lo-true,w-32", QUARTERS, (32, 24), quarters(RED, GREEN, BLUE, WHITE)),
    ("pr-true,w-32", QUARTERS, (32, 24), {}),
    ("cp-true,w-32", QUARTERS, (32, 24), {}),
    ("orig-true", QUARTERS, (64, 48), quarters(RED, GREEN, BLUE, WHITE)),
]


@pytest.mark.parametrize("options, source, size, pixels", by_options(IMAGEKIT))
def test_an_imagekit_option_does_what_it_says(site, path_of, options, source, size, pixels):
    check(site.get(f"/ik/tr:{options}{path_of(source)}"), size, pixels)


# ------------------------------------------------------------------ effects that take a closer look

def rendered(site, target, headers=None, **options):
    answer = site.get(target, headers, **options)
    assert answer.status == 200, f"{target}: {answer}, {answer.body[:200]!r}"
    return answer.image()


def rendered_bytes(site, target):
    answer = site.get(target)
    assert answer.status == 200, f"{target}: {answer}, {answer.body[:200]!r}"
    return answer.body


@pytest.fixture
def render(site, path_of):
    """The decoded answer for options in either dialect: those with an equals sign are
    Cloudflare's."""
    def of(options, source):
        first = options.partition(",")[0]
        if "=" in first:
            return rendered(site, f"/cf{path_of(source)}/{options}")
        return rendered(site, f"/ik/tr:{options}{path_of(source)}")
    return of


@pytest.mark.parametrize("options", ["blur=10", "bl-10"])
def test_blur_softens_an_edge(render, options):
    image = render(options, EDGE).convert("L")
    assert 90 < image.getpixel((50, 50)) < 165
    assert image.getpixel((2, 50)) < 20 and image.getpixel((97, 50)) > 235


@pytest.mark.parametrize("options", ["sharpen=3", "e-sharpen", "e-sharpen-5", "e-usm-2-2-0.8-0.024",
                                     "e-usm"])
def test_sharpening_overshoots_at_an_edge_alone(render, options):
    image = render(options, SOFT_EDGE).convert("L")
    assert image.getpixel((49, 50)) < GREY[0] and image.getpixel((50, 50)) > LIGHT[0]
    assert abs(image.getpixel((10, 50)) - GREY[0]) <= 1


@pytest.mark.parametrize("options", ["saturation=0", "e-grayscale"])
def test_colours_become_shades_of_grey(render, options):
    image = render(options, QUARTERS).convert("RGB")
    for place in ((0.2, 0.2), (0.8, 0.2), (0.2, 0.8)):
        colour = pictures.colour_at(image, *place)
        assert max(colour) - min(colour) <= 2 and 20 < colour[0] < 200


def test_contrast_moves_shades_from_the_middle(render):
    stronger = render("contrast=2", SOFT_EDGE).convert("L")
    assert stronger.getpixel((10, 50)) < GREY[0] and stronger.getpixel((90, 50)) > LIGHT[0]
    weaker = render("contrast=0.5", SOFT_EDGE).convert("L")
    assert GREY[0] < weaker.getpixel((10, 50)) < weaker.getpixel((90, 50)) < LIGHT[0]


def test_colorize_tints(render):
    red, _, blue = pictures.colour_at(render("e-colorize-co-FF0000_in-100", PLAIN), 0.5, 0.5)
    assert red > blue


def test_a_colour_is_replaced(render):
    red, green, blue = pictures.colour_at(render("cr-00FF00_20_DC1E1E", FRAMED), 0.5, 0.5)
    assert green > red and green > blue


def test_a_gradient_runs_to_the_side_named(render):
    image = render("e-gradient-ld-bottom_from-FF0000_to-FF000000", pictures.plain(60, 100, BLUE))
    reds = [pictures.colour_at(image, 0.5, y)[0] for y in (0.02, 0.25, 0.5, 0.75, 0.98)]
    assert reds == sorted(reds, reverse=True) and reds[0] > 230


def test_opacity_is_alpha(render):
    image = render("o-50", PLAIN)
    assert image.mode == "RGBA" and abs(image.getpixel((30, 20))[3] - 128) <= 2


def test_a_background_may_be_half_clear(render):
    """Its opacity is written in hundredths."""
    red, green, blue, alpha = render("bg-FF000050", CLEAR).convert("RGBA").getpixel((30, 20))
    assert (red, green, blue) == (255, 0, 0) and abs(alpha - 128) <= 2


@pytest.mark.parametrize("options, clear", [("r-15", (1, 1, 1, 1)), ("r-max", (1, 1, 1, 1)),
                                            ("r-15_0_0_0", (1, 0, 0, 0)),
                                            ("r-0_0_15_0", (0, 0, 1, 0))])
def test_corners_are_rounded(render, options, clear):
    """Clear corners in the order in which they are written: clockwise from the top left."""
    image = render(options, PLAIN)
    alphas = [image.getpixel(corner)[3] for corner in ((0, 0), (59, 0), (59, 39), (0, 39))]
    assert [alpha < 16 for alpha in alphas] == [bool(one) for one in clear]
    assert image.size == (60, 40) and image.getpixel((30, 20))[3] == 255


def test_a_shadow_lies_under_what_is_opaque(render):
    image = render("e-shadow-bl-0_st-100_x-10_y-10", ISLAND)
    assert pictures.is_near(image.getpixel((30, 30)), RED, TOLERANCE)
    dark = [pixel for pixel in image.getdata() if pixel[3] > 200 and max(pixel[:3]) < 20]
    assert len(dark) > 100


def test_any_angle_leaves_clear_corners(render):
    image = render("rt-45", PLAIN)
    assert image.width > 60 and image.height > 40
    assert image.convert("RGBA").getpixel((image.width // 2, image.height // 2))[3] == 255


def test_corners_can_be_moved_and_images_bent(render):
    image = render("e-distort-p-10_10_50_0_60_40_0_40", PLAIN).convert("RGBA")
    assert image.getpixel((1, 1))[3] == 0 and image.getpixel((30, 25))[3] == 255
    assert render("e-distort-a-60", PLAIN).height >= 40


@pytest.mark.parametrize("target", ["/ik/tr:w-30{0}", "/ik/tr:rt-auto,w-30{0}", "/cf{0}/w=30"])
def test_pictures_are_put_upright_first(site, path_of, target):
    image = rendered(site, target.format(path_of(TURNED)))
    assert image.size == (30, 20) and pictures.shows_quarters(image, 40)


# ------------------------------------------------------------------ output

TYPES = [("f=webp", "image/webp"), ("f=jpeg", "image/jpeg"), ("f=baseline-jpeg", "image/jpeg"),
         ("format=png", "image/png"), ("f=avif,q=50", "image/avif"), ("f-webp", "image/webp"),
         ("f-jpg", "image/jpeg"), ("f-png", "image/png"), ("f-avif", "image/avif")]


@pytest.mark.parametrize("options, kind", TYPES)
def test_the_format_named_is_delivered(site, path_of, options, kind):
    path = path_of(LARGE)
    answer = site.get(f"/cf{path}/w=60,{options}" if "=" in options
                      else f"/ik/tr:w-60,{options}{path}")
    assert answer.status == 200 and answer.header("Content-Type") == kind
    assert answer.header("X-Size") == "60x40"
    if kind != "image/avif":  # which Pillow cannot read
        assert answer.image().size == (60, 40) and pictures.shows_quarters(answer.image(), 20)


def test_an_avif_shows_the_picture(site, path_of):
    image = pictures.opened(site.get(f"/ik/tr:w-60,f-avif,q-80{path_of(LARGE)}").body)
    assert image.size == (60, 40) and pictures.shows_quarters(image, 20)


YELLOW = (255, 255, 0)
COLOURS = {
    "rgba(255%20255%200%20100)": YELLOW + (255,), "rgb(255,255,0)": YELLOW + (255,),
    "hsl(60%20100%25%2050%25)": YELLOW + (255,), "hsl(60,100%25,50%25)": YELLOW + (255,),
    "HSL(60deg%20100%20none)": BLACK + (255,), "hwb(60%200%25%200%25)": YELLOW + (255,),
    "rgb(255%20255%200%20%2F%2050%25)": YELLOW + (128,),
    "rgb(255%20255%200%2f0.5)": YELLOW + (128,),
    "lab(29.2345%2039.3825%2020.0664)": (125, 35, 41, 255),
    "lch(52.2345%2072.2%2056.2%20%2F%20none)": None,
    "oklab(40.1%25%200.1143%200.045)": (125, 36, 41, 255),
    "oklch(0.7%2050%25%20150deg%20%2F%201)": (0, 191, 84, 255),
    "color(display-p3%201%200%200)": (255, 0, 0, 255),
    "color(srgb%200%201%200%20%2F%2050%25)": (0, 255, 0, 128),
    "%23ff08": YELLOW + (136,), "%23ffff00": YELLOW + (255,), "transparent": None,
}


@pytest.mark.parametrize("form", ["/cf{}/w=20,f=png,background={}",
                                  "/cdn-cgi/image/w=20,f=png,background={1}{0}"])
@pytest.mark.parametrize("colour", COLOURS)
def test_cloudflare_accepts_every_colour_of_css(site, path_of, form, colour):
    clear = pictures.opened(rendered_bytes(site, form.format(path_of(CLEAR), colour)))
    red, green, blue, alpha = clear.convert("RGBA").getpixel((3, 3))
    if COLOURS[colour] is None:
        assert alpha == 0
    else:
        assert all(abs(got - want) <= 1
                   for got, want in zip((red, green, blue, alpha), COLOURS[colour]))


@pytest.mark.parametrize("form", ["/cf{}/w=20,f=png,{}", "/cdn-cgi/image/w=20,f=png,{1}{0}"])
@pytest.mark.parametrize("colour", [
    "red%2Fblue", "rgb(1%202%203%204)", "rgb(1%202%203%20%2F%2F%201)", "rgb(1%202%203%20%2F)",
    "rgb(1%202%203%2F1%2F1)", "hsl(1,2,3)", "currentcolor", "color(foo%201%200%200)", "rgb(nan%200%200)",
    "rgb(1%202%20" + "3" * 1000 + ")", "rgb" + "(" * 500 + ")" * 500, "%2F", "red%2F"])
def test_what_is_no_colour_is_refused(site, path_of, form, colour):
    for option in ("background", "trim.border.color"):
        target = form.format(path_of(CLEAR), f"{option}={colour}")
        assert site.get(target).verdict == (400, "bad_options")


def test_a_slash_that_is_not_escaped_divides_the_url(site, path_of):
    path = path_of(CLEAR)
    assert site.get(f"/cf{path}/background=rgb(1%202%203/1)").verdict == (403, "unknown_variant")
    assert site.get(f"/cdn-cgi/image/background=rgb(1%202%203/1){path}").verdict == (
        400, "bad_options")


@pytest.mark.parametrize("chain, width", [
    ("w-50,dpr-1_mul_2", 100), ("w-50,dpr-4_div_2", 100), ("w-50,dpr-1_add_1", 100),
    ("w-50,dpr-3_sub_1", 100), ("w-50,dpr-5_mod_3", 100), ("w-50,dpr-2_pow_2", 200),
    ("w-50,dpr-iw_div_200", 150), ("w-50,dpr-ih_div_200", 100), ("w-50,dpr-iar", 75),
    ("w-300:w-50,dpr-cw_div_100", 150), ("w-300:w-50,dpr-ch_div_100", 100),
    ("w-300,h-100:w-50,dpr-car", 150), ("w-iw_div_12,dpr-iw_div_200", 150)])
def test_a_density_may_be_an_expression(render, chain, width):
    assert render(chain, LARGE).width == width


@pytest.mark.parametrize("chain, dots", [
    ("dn-100_mul_2", 200), ("w-90,dn-iw_div_6", 100), ("w-90:dn-cw", 90), ("w-90:dn-ch_mul_2", 120),
    ("dn-iar_mul_100", 150), ("dn-iw:dn-72", 72), ("dn-72:dn-ih", 400),
    ("if-w_gt_1,dn-ih,if-else,dn-iw,if-end", 400)])
def test_dots_may_be_an_expression(render, chain, dots):
    assert tuple(map(round, render(chain, LARGE).info["dpi"])) == (dots, dots)


@pytest.mark.parametrize("chain", [
    "w-50,dpr-1_mul_6", "w-50,dpr-iw", "w-50,dpr-iw_div_6001", "w-50,dpr-iw_sub_iw",
    "w-50,dpr-iw_div_0", "w-50,dpr-iw_pow_999", "dn-0_mul_2", "dn-600_mul_3", "dn-iw_mul_3",
    "dn-iw_sub_iw", "dn-iw_mod_0", "w-50,dpr-bw", "dn-bw"])
def test_the_value_of_an_expression_is_within_the_range(site, path_of, chain):
    assert site.get(f"/ik/tr:{chain}{path_of(LARGE)}").verdict == (400, "bad_options")


def test_cloudflare_s_jpeg_is_progressive_and_its_baseline_jpeg_is_not(render):
    for name in ("jpeg", "jpg"):
        assert "progressive" in render(f"w=200,f={name}", LARGE).info
        assert "progressive" not in render(f"w=40,f={name}", LARGE).info  # too small to gain by it
    assert "progressive" not in render("w=200,f=baseline-jpeg", LARGE).info
    assert "progressive" not in render("w-200,f-jpg", LARGE).info
    assert "progressive" in render("w-200,f-jpg,pr-true", LARGE).info


@pytest.mark.parametrize("low, high", [("q=10", "q=90"), ("quality=low", "quality=high"),
                                       ("q-10", "q-90")])
def test_quality_costs_bytes(site, path_of, low, high):
    path = path_of(pictures.noise(200, 200))
    sizes = [len(site.get(f"/cf{path}/w=150,{one}" if "=" in one else
                          f"/ik/tr:w-150,{one}{path}").body) for one in (low, high)]
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("options, stays, camera", [
    ("metadata=none", False, False), ("metadata=copyright", True, False),
    ("metadata=keep", True, True), ("w=30", True, False),
])
def test_metadata_stays_as_requested(render, options, stays, camera):
    exif = render(options, TURNED).getexif()
    assert (0x8298 in exif, 0x010F in exif) == (stays, camera)


def test_imagekit_keeps_metadata_only_on_request(render):
    assert 0x010F in render("w-30,md-true", TURNED).getexif()
    assert 0x010F not in render("w-30", TURNED).getexif()


@pytest.mark.parametrize("target", ["/cf{}/w=30", "/cf{}/w=30,metadata=keep", "/ik/tr:w-30,md-true{}"])
def test_texts_of_metadata_are_kept_byte_for_byte(site, path_of, target):
    exif = Image.Exif()
    exif[0x8298] = "Annemarie\0Edgar \u00e9"           # photographer and editor, not in ASCII
    raw = exif.tobytes()
    source = pictures.encode(Image.new("RGB", (60, 40), RED), "JPEG", exif=raw)
    body = site.get(target.format(path_of(source))).body
    text = raw[raw.index(b"Annemarie"):].rstrip(b"\0")
    assert body.count(text) == 1


@pytest.mark.parametrize("target", ["/cf{}/w=20,f=png", "/ik/tr:w-20,f-png{}"])
def test_a_gamma_is_applied(site, path_of, target):
    chunk = b"gAMA" + (100_000).to_bytes(4, "big")
    whole = b"\0\0\0\4" + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    source = pictures.plain(40, 30, (128, 64, 32))
    answer = site.get(target.format(path_of(source[:33] + whole + source[33:])))
    check(answer, (20, 15), {(5, 5): (188, 137, 99)}, 2)


def test_density_is_noted(render):
    assert [round(one) for one in render("w-60,dn-300", LARGE).info["dpi"]] == [300, 300]


@pytest.mark.parametrize("options, frames", [("w=20", 6), ("w=20,anim=true", 6),
                                             ("w=20,anim=false", 1), ("w-20", 6),
                                             ("w-20,pg-2", 1), ("w-20,pg-2-4", 3)])
def test_frames_are_those_asked_for(render, options, frames):
    image = render(options, ANIMATION)
    assert image.size == (20, 15)
    assert len(list(ImageSequence.Iterator(image))) == frames


def test_a_page_is_counted_from_one(render):
    assert pictures.shows(render("w-20,pg-2", ANIMATION), GREEN, tolerance=20)


def test_a_description_has_sizes_and_types(site, path_of):
    answer = site.get(f"/cf{path_of(LARGE)}/w=60,format=json")
    assert answer.status == 200 and answer.header("Content-Type") == "application/json"
    assert json.loads(answer.body) == {
        "width": 60, "height": 40,
        "original": {"width": 600, "height": 400, "file_size": len(LARGE),
                     "format": "image/jpeg"}}


def test_a_description_of_a_private_image_needs_a_signature(site, origin):
    path = origin.publish(LARGE, private=True)
    answer = site.get(f"/cf{path}/w=60,format=json")
    assert answer.verdict == (403, "unsigned") and b"width" not in answer.body


def test_an_attachment_has_the_name_asked_for(site, path_of):
    answer = site.get(f"/ik/tr:w-20{path_of(QUARTERS)}?ik-attachment=true"
                      "&ik-attachment-filename=holiday.png")
    assert answer.status == 200 and answer.image().width == 20
    disposition = answer.header("Content-Disposition")
    assert disposition.startswith("attachment") and "holiday.png" in disposition


@pytest.mark.parametrize("options", ["segment=foreground", "border=5", "upscale=generate",
                                     "nonsense=1", "w=0", "w=10,w=20", "blur=251", "f=tiff"])
def test_cloudflare_options_that_cannot_be_are_refused(site, origin, options):
    path = origin.publish(QUARTERS, private=False)
    assert site.get(f"/cf{path}/{options}").verdict == (400, "bad_options")
    assert not origin.requests(path)


@pytest.mark.parametrize("options", [
    "e-bgremove", "e-dropshadow", "e-changebg-prompt-x", "e-edit-prompt-x", "e-retouch",
    "e-upscale", "e-genvar", "e-removedotbg", "bg-genfill", "so-1", "eo-2", "du-3", "vc-h264",
    "ac-none", "sr-240_360", "l-video,i-a.mp4,l-end", "l-subtitles,i-a.srt,l-end",
])
def test_ai_and_video_parameters_are_refused_by_name(site, origin, options):
    path = origin.publish(QUARTERS, private=False)
    before = len(site.log())
    assert site.get(f"/ik/tr:{options}{path}").verdict == (400, "bad_options")
    assert not origin.requests(path)
    line = site.wait_for_log("private_image: bad_options", since=before)
    words = options.partition(",")[0].split("-")
    name = "-".join(words[:2]) if words[0] in ("e", "bg", "l") else words[0]
    assert f'option "{name}" is not supported' in line


# ------------------------------------------------------------------ the URLs that unpic writes

ORIGINALS = ["/img/a.jpg", "/img/my%20photo.jpg", "/img/caf%C3%A9.jpg", "/x.jpg", "/photo.jpg",
             "/dir/sub/photo.png", "/dir/photo.jpg", "/my%20photo.jpg", "/caf%C3%A9.jpg",
             "/pic/b.png%3Fx=1&y=2", IMAGE_ID]


@pytest.fixture(scope="module", autouse=True)
def originals(origin):
    for path in ORIGINALS:
        origin.publish(LARGE, path, private=False)


UNPIC_CLOUDFLARE = [
    ("site.example", "width=200,f=auto,fit=cover/https://site.example/img/a.jpg", (200, 133)),
    ("site.example", "width=200,height=100,f=auto,fit=cover/https://site.example/img/a.jpg",
     (200, 100)),
    ("cdn.example", "width=200,height=100,f=auto,fit=cover/img/a.jpg", (200, 100)),
    ("cdn.example", "width=200,f=auto,fit=cover/img/a.jpg", (200, 133)),
    ("localhost", "height=120,f=auto,fit=cover/img/a.jpg", (180, 120)),
    ("localhost", "width=200,f=webp,fit=cover/img/a.jpg", (200, 133)),
    ("localhost", "width=200,f=jpeg,fit=cover/img/a.jpg", (200, 133)),
    ("localhost", "width=200,quality=50,f=avif,fit=cover/img/a.jpg", (200, 133)),
    ("localhost", "width=200,height=200,fit=pad,background=red,f=auto/img/a.jpg", (200, 200)),
    ("localhost", "width=200,height=200,fit=crop,gravity=0.5x0.2,f=auto/img/a.jpg", (200, 200)),
    ("localhost", "width=200,height=200,gravity=auto,f=auto,fit=cover/img/a.jpg", (200, 200)),
    ("localhost", "width=200,dpr=2,f=auto,fit=cover/img/a.jpg", (400, 267)),
    ("localhost", "width=200,blur=20,sharpen=1,f=auto,fit=cover/img/a.jpg", (200, 133)),
    ("localhost", "width=200,background=%23ff0000,f=auto,fit=cover/img/a.jpg", (200, 133)),
    ("localhost", "width=200,trim=20%3B30%3B20%3B0,f=auto,fit=cover/img/a.jpg", (200, 126)),
    ("localhost", "width=200,metadata=none,onerror=redirect,f=auto,fit=cover/img/a.jpg",
     (200, 133)),
    ("other.example", "width=200,f=auto,fit=cover/https://other.example/pic/b.png%3Fx=1&y=2",
     (200, 133)),
    ("localhost", "width=200,f=auto,fit=cover/img/my%20photo.jpg", (200, 133)),
    ("localhost", "width=200,f=auto,fit=cover/img/caf%C3%A9.jpg", (200, 133)),
    ("site.example", "width=300,f=webp,fit=cover/img/a.jpg", (300, 200)),
    ("o.example", "width=100,height=50,fit=contain,f=auto/https://o.example/x.jpg", (75, 50)),
    ("localhost", "f=auto,fit=cover/img/a.jpg", (600, 400)),
]


def sized(answer):
    return answer.status, answer.header("X-Size")


def as_text(size):
    return f"{size[0]}x{size[1]}"


@pytest.mark.parametrize("host, rest, size", UNPIC_CLOUDFLARE)
def test_unpic_s_cloudflare_urls_are_answered(site, host, rest, size):
    answer = site.get(f"/cdn-cgi/image/{rest}", host=host)
    assert sized(answer) == (200, as_text(size))
    if "f=avif" not in rest:
        assert answer.image().size == size
    if "f=auto" in rest:
        assert "Accept" in answer.header("Vary")


@pytest.mark.parametrize("rest", [
    "width=200,f=auto,fit=cover/https://other.example/pic/b.png%3Fx=1&y=2",
    "width=100,height=50,fit=contain,f=auto/https://o.example/x.jpg",
    "width=200/http://site.example.evil/img/a.jpg", "width=200/https://a@site.example@b/img/a.jpg",
    "width=200/cdn-cgi/image/width=100/img/a.jpg",
])
def test_a_source_on_another_server_is_a_bad_url(site, origin, rest):
    asked = len(origin.all_requests())
    answer = site.get(f"/cdn-cgi/image/{rest}", host="site.example")
    assert answer.verdict == (403, "bad_url") and answer.header("Cf-Resized") == "err=9426"
    assert len(origin.all_requests()) == asked


UNPIC_IMAGES = [
    (ACCOUNT, "w=200,fit=cover", (200, 133)),
    (ACCOUNT, "w=200,h=50,fit=cover", (200, 50)),
    (ACCOUNT, "sharpen=3,w=200,h=90,fit=cover", (200, 90)),
    (ACCOUNT, "w=120,f=jpeg,fit=cover", (120, 80)),
    (CUSTOM, "w=100,h=200,fit=cover", (100, 200)),
]


@pytest.mark.parametrize("prefix, options, size", UNPIC_IMAGES)
def test_unpic_s_cloudflare_images_urls_are_answered(site, prefix, options, size):
    answer = site.get(f"{prefix}{IMAGE_ID}/{options}")
    assert sized(answer) == (200, as_text(size)) and answer.image().size == size


@pytest.mark.parametrize("prefix, options", [
    (ACCOUNT, "public=undefined,fit=cover"), (ACCOUNT, "public=undefined,w=200,fit=cover"),
    (ACCOUNT, "public=undefined,h=100,fit=cover"),
    (ACCOUNT, "public=undefined,w=200,h=100,f=webp,fit=cover"),
    (ACCOUNT, "public=undefined,quality=60,w=200,fit=cover"),
    (ACCOUNT, "public=undefined,w=200,f=auto,fit=cover"),
    (ACCOUNT, "public=undefined,fit=contain,w=200"),
    (ACCOUNT, "public=undefined,fit=crop,gravity=left,w=200,h=200"),
    (ACCOUNT, "public=undefined,blur=30,w=200,fit=cover"),
    (ACCOUNT, "public=undefined,background=%2523ff0000,fit=pad,w=200"),
    (ACCOUNT, "public=undefined,metadata=none,w=200,fit=cover"),
    (CUSTOM, "public=undefined,w=200,fit=cover"),
    (CUSTOM, "public=undefined,w=640,h=480,f=avif,fit=cover"),
    (ACCOUNT, "thumb%3Fexp=1700000000%26sig,w=200,fit=cover"),
])
def test_a_variant_that_unpic_changed_is_refused(site, prefix, options):
    """An unknown option is refused, whatever follows, and never answered with the variant."""
    assert site.get(f"{prefix}{IMAGE_ID}/{options}").verdict == (400, "bad_options")


UNPIC_IMAGEKIT = [
    ("/acct/photo.jpg?tr=w-200%2Cc-maintain_ratio%2Cfo-auto", (200, 133)),
    ("/acct/photo.jpg?tr=w-200%2Ch-100%2Cc-maintain_ratio%2Cfo-auto", (200, 100)),
    ("/acct/photo.jpg?tr=h-100%2Cc-maintain_ratio%2Cfo-auto", (150, 100)),
    ("/acct/photo.jpg?tr=w-400%2Cf-webp%2Cc-maintain_ratio%2Cfo-auto", (400, 267)),
    ("/acct/photo.jpg?tr=w-400%2Cq-60%2Cc-maintain_ratio%2Cfo-auto", (400, 267)),
    ("/acct/photo.jpg?tr=w-400%2Ch-300%2Cf-auto%2Cq-75%2Cc-maintain_ratio%2Cfo-auto", (400, 300)),
    ("/acct/dir/sub/photo.png?tr=fo-face%2Cw-64%2Ch-64%2Cc-maintain_ratio", (64, 64)),
    ("/acct/photo.jpg?tr=c-at_max%2Cw-300%2Ch-300%2Cfo-auto", (300, 200)),
    ("/acct/photo.jpg?tr=cm-pad_resize%2Cbg-F3F3F3%2Cw-300%2Ch-300%2Cc-maintain_ratio%2Cfo-auto",
     (300, 300)),
    ("/acct/photo.jpg?tr=w-200%2Ch-50%2Cc-maintain_ratio%2Cfo-auto", (200, 50)),
    ("/acct/photo.jpg?tr=c-force%2Cw-200%2Ch-50%2Cq-40%2Cfo-auto", (200, 50)),
    ("/acct/dir/photo.jpg?tr=w-100%2Ch-70%2Cc-maintain_ratio%2Cfo-auto", (100, 70)),
    ("/acct/photo.jpg?tr=w-250%2Ch-50%2Cc-maintain_ratio%2Cfo-auto", (250, 50)),
    ("/acct/photo.jpg?v=3&tr=w-250%2Cc-maintain_ratio%2Cfo-auto", (250, 167)),
    ("/acct/my%20photo.jpg?tr=w-250%2Cc-maintain_ratio%2Cfo-auto", (250, 167)),
    ("/acct/caf%C3%A9.jpg?tr=w-250%2Cc-maintain_ratio%2Cfo-auto", (250, 167)),
    ("/acct/photo.jpg?tr=rt-90%2Cw-250%2Cc-maintain_ratio%2Cfo-auto", (167, 250)),
    ("/acct/photo.jpg?tr=w-251%2Ch-120%2Cc-maintain_ratio%2Cfo-auto", (251, 120)),
    ("/relative/photo.jpg?tr=w-250%2Cc-maintain_ratio%2Cfo-auto", (250, 167)),
    ("/acct/photo.jpg?tr=c-maintain_ratio%2Cfo-auto", (600, 400)),
]


@pytest.mark.parametrize("target, size", UNPIC_IMAGEKIT)
def test_unpic_s_imagekit_urls_are_answered(site, target, size):
    answer = site.get(target)
    assert sized(answer) == (200, as_text(size)) and answer.image().size == size
    if "F3F3F3" in target:
        assert pictures.shows(answer.image(), (0xF3, 0xF3, 0xF3), 0.5, 0.02)


def test_a_chain_that_unpic_changed_is_refused(site):
    answer = site.get("/acct/photo.jpg?tr=w-120%2Ch-300%253Art%2Cc-maintain_ratio%2Cfo-auto")
    assert answer.verdict == (400, "bad_options")


# ------------------------------------------------------------------ client hints

def varies(answer):
    return {name.strip().lower() for name in (answer.header("Vary") or "").split(",") if name}


WIDTHS, DENSITIES = {"sec-ch-width", "width"}, {"sec-ch-dpr", "dpr"}
VIEWPORTS = {"sec-ch-viewport-width", "viewport-width"}
CONNECTIONS = {"rtt", "save-data", "ect", "downlink"}


@pytest.mark.parametrize("hints, size, density", [
    ({"Sec-CH-Width": "212", "Sec-CH-DPR": "2"}, (300, 200), "2.83"),
    ({"Width": "212", "DPR": "2"}, (300, 200), "2.83"),
    ({"Sec-CH-Width": "300"}, (300, 200), "1.00"),
    ({"Sec-CH-Width": "wide"}, (600, 400), None),
    ({}, (600, 400), None),
])
def test_an_automatic_width_is_the_hinted_one(site, hints, size, density):
    answer = site.get("/acct/tr:w-auto/photo.jpg", hints)
    assert sized(answer) == (200, as_text(size)) and answer.image().size == size
    assert answer.header("Content-DPR") == density
    assert WIDTHS | DENSITIES <= varies(answer)


@pytest.mark.parametrize("hints, width", [({"Sec-CH-DPR": "2"}, 200), ({"DPR": "1.5"}, 150),
                                          ({"Sec-CH-DPR": "99"}, 100), ({}, 100)])
def test_an_automatic_density_is_the_hinted_one(site, hints, width):
    answer = site.get("/acct/tr:w-100,dpr-auto/photo.jpg", hints)
    assert answer.status == 200 and answer.image().width == width
    assert DENSITIES <= varies(answer) and not WIDTHS & varies(answer)


@pytest.mark.parametrize("chain, width", [
    ("w-100:w-50,dpr-auto", 100), ("w-100,dpr-auto:w-50", 50), ("w-auto:w-50,dpr-auto", 100),
    ("if-w_gt_9,w-50,dpr-auto,if-end", 100), ("dpr-auto", 600),
])
def test_an_automatic_density_is_that_of_its_own_step(site, chain, width):
    answer = site.get(f"/acct/tr:{chain}/photo.jpg", {"Sec-CH-DPR": "2"})
    assert answer.status == 200 and answer.image().width == width
    assert DENSITIES <= varies(answer)


def test_an_automatic_density_of_a_layer_is_the_layer_s(site, path_of):
    base = path_of(pictures.plain(100, 60, BLUE))
    chain = "l-image,i-on@@red.png,w-20,dpr-auto,lx-0,ly-0,l-end"
    for hints, colour in [({}, BLUE), ({"Sec-CH-DPR": "2"}, RED)]:
        answer = site.get(f"/ik/tr:{chain}{base}", hints)
        check(answer, (100, 60), {(0.1, 0.1): RED, (0.35, 0.5): colour}, 6)
        assert DENSITIES <= varies(answer)


@pytest.mark.parametrize("chain, status, names", [
    ("n-preview,dpr-auto", 400, DENSITIES), ("n-preview:w-9,dpr-auto", 400, DENSITIES),
    ("n-preview,w-auto", 400, WIDTHS | DENSITIES), ("n-preview,f-auto", 400, {"accept"}),
    ("if-w_gt_9,f-auto,dpr-auto,if-end", 400, {"accept"} | DENSITIES),
    ("l-image,i-a.png,w-9,dpr-auto,l-end", 400, DENSITIES),
])
def test_a_refusal_varies_too(site, path_of, chain, status, names):
    path = path_of(LARGE)
    answer = site.get(f"/named/tr:{chain}{path}")
    assert answer.verdict == (status, "adhoc_off") and names <= varies(answer)


def test_padding_is_dropped_with_the_side_that_no_hint_gives(site, path_of):
    """Nothing is padded then, and what is transparent stays so."""
    target = f"/ik/tr:cm-pad_resize,w-auto,h-20,f-png{path_of(CLEAR)}"
    unhinted, plain = site.get(target), site.get(target.replace("w-auto,", ""))
    assert unhinted.body == plain.body and alphas(unhinted) == (0, 0)
    assert alphas(site.get(target, {"Sec-CH-Width": "50"})) == (255, 255)
    target = f"/cf{path_of(CLEAR)}/fit=pad,w=auto,h=20,f=png"
    unhinted, plain = site.get(target), site.get(target.replace("w=auto,", ""))
    assert unhinted.body == plain.body and alphas(unhinted) == (0, 0)
    assert alphas(site.get(target, {"Sec-CH-Width": "50"})) == (255, 255)


def alphas(answer):
    return answer.image().convert("RGBA").getextrema()[3]


def test_a_branch_has_a_format_of_its_own(site, path_of):
    path = path_of(LARGE)
    for test, accept, kind in [("gt_500", "image/webp", "WEBP"), ("gt_500", "*/*", "JPEG"),
                               ("gt_700", "image/webp", "JPEG")]:
        answer = site.get(f"/ik/tr:w-90:if-iw_{test},f-auto,q-40,if-end{path}",
                          {"Accept": accept})
        assert answer.status == 200 and answer.image().format == kind
        assert "accept" in varies(answer)
    png = site.get(f"/ik/tr:f-webp:if-iw_gt_500,f-png,w-30,if-else,w-40,if-end{path}")
    assert (png.image().format, png.image().width) == ("PNG", 30)


def test_an_automatic_width_is_not_multiplied_by_a_density(site):
    answer = site.get("/acct/tr:w-auto,dpr-auto/photo.jpg",
                      {"Sec-CH-Width": "212", "Sec-CH-DPR": "2"})
    assert answer.image().width == 300


@pytest.mark.parametrize("hints, width", [
    ({"Sec-CH-Width": "200"}, 320), ({"Width": "321"}, 600),
    ({"Sec-CH-Viewport-Width": "300"}, 320), ({"Viewport-Width": "300"}, 320), ({}, 600),
])
def test_cloudflare_chooses_among_its_layout_widths(site, hints, width):
    """The source is 600 pixels wide and never enlarged."""
    answer = site.get("/cdn-cgi/image/width=auto/img/a.jpg", hints)
    assert answer.status == 200 and answer.image().width == width
    assert WIDTHS | VIEWPORTS | {"user-agent"} <= varies(answer)
    assert answer.header("Content-DPR") is None


PHONE = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
         "(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1")
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize("options, hints, width", [
    ("wbreakpoints=100;200;500", {"Sec-CH-Width": "150"}, 200),
    ("wbreakpoints=500%3B100", {"Sec-CH-Width": "150"}, 500),
    ("wbreakpoints=100;200", {"Sec-CH-Viewport-Width": "550"}, 200),
    ("wbreakpoints=100", {"User-Agent": PHONE}, 600),
    ("wmobile=240", {"User-Agent": PHONE}, 240), ("wmobile=240", {"User-Agent": DESKTOP}, 600),
    ("wdesktop=480", {"User-Agent": DESKTOP}, 480), ("wdesktop=480", {"User-Agent": PHONE}, 600),
    ("wmobile=240", {"Sec-CH-Width": "300", "User-Agent": PHONE}, 320),
    ("wbreakpoints=100;300,wmobile=240,wdesktop=480", {"User-Agent": PHONE}, 240),
    ("wbreakpoints=100;300,wmobile=240,wdesktop=480", {"User-Agent": DESKTOP}, 480),
    ("wbreakpoints=100;300,wmobile=240,wdesktop=480", {"Width": "101", "User-Agent": PHONE}, 300),
    ("wmobile=120,dpr=2", {"User-Agent": PHONE}, 240)])
def test_an_automatic_width_is_chosen_among_the_url_s(site, path_of, options, hints, width):
    for target in (f"/cdn-cgi/image/width=auto,{options}{path_of(LARGE)}",
                   f"/cf{path_of(LARGE)}/{options},w=auto"):
        answer = site.get(target, hints)
        assert answer.status == 200 and answer.image().width == width
        assert answer.header("Vary") == ("Sec-CH-Width, Width, Sec-CH-Viewport-Width, "
                                         "Viewport-Width, User-Agent")


@pytest.mark.parametrize("hints", [{"RTT": "200"}, {"Save-Data": "on"}, {"ECT": "3g"},
                                   {"Downlink": "1.5"}])
def test_a_slow_connection_gets_fewer_bytes(site, path_of, hints):
    target = f"/cf{path_of(pictures.noise(200, 200))}/w=150,q=90,scq=10"
    fast, slow = site.get(target), site.get(target, hints)
    assert len(slow.body) < len(fast.body)
    for answer in (fast, slow):
        assert CONNECTIONS <= varies(answer)
    assert fast.header("ETag") != slow.header("ETag")


@pytest.mark.parametrize("target, names", [
    ("/ik/tr:w-auto{0}", WIDTHS | DENSITIES), ("/ik/tr:w-50,dpr-auto{0}", DENSITIES),
    ("/cf{0}/width=auto", WIDTHS | VIEWPORTS), ("/cf{0}/w=50,scq=10", CONNECTIONS),
    ("/cf{0}/w=50,f=auto", {"accept"}), ("/ik/tr:w-50,f-auto{0}", {"accept"}),
])
def test_a_refusal_varies_as_the_answer_would(site, origin, target, names):
    secret = origin.publish(LARGE, private=True)
    answer = site.get(target.format(secret), {"Sec-CH-Width": "100"})
    assert answer.reason == "unsigned" and names <= varies(answer)
    missing = site.get(target.format("/nowhere.jpg"))
    assert missing.reason == "not_found" and names <= varies(missing)


def test_vary_stays_without_a_body(site, origin):
    path = caching.published(origin, LARGE)
    target, hints = f"/kept/ks/tr:w-auto,f-auto{path}", {"Sec-CH-Width": "100", "Accept": "*/*"}
    names = WIDTHS | DENSITIES | {"accept"}
    first = site.get(target, hints)
    same = site.get(target, {**hints, "If-None-Match": first.header("ETag")})
    other = site.get(target, {"Sec-CH-Width": "200", "If-None-Match": first.header("ETag")})
    assert (first.status, same.status, other.status) == (200, 304, 200)
    for answer in (first, same, other, site.head(target, hints)):
        assert names <= varies(answer)


def test_a_redirect_varies_too(site, origin):
    path = origin.publish(TORN, private=False)
    answer = site.get(f"/cdn-cgi/image/width=auto,f=auto,onerror=redirect{path}")
    assert answer.status == 302 and WIDTHS | {"accept", "user-agent"} <= varies(answer)


def test_a_cache_does_not_mix_hints(site, origin):
    path = caching.published(origin, LARGE)
    for target, hints in [
        (f"/kept/ks/tr:w-auto{path}", [({"Sec-CH-Width": "90"}, "100x67"),
                                       ({"Sec-CH-Width": "190"}, "200x133"), ({}, "600x400")]),
        (f"/kept/ks/tr:w-50,dpr-auto{path}", [({"DPR": "2"}, "100x67"), ({"DPR": "3"}, "150x100"),
                                              ({}, "50x33")]),
        (f"/kept/cf{path}/width=auto", [({"Width": "100"}, "320x213"), ({}, "600x400")]),
    ]:
        for _ in range(2):
            for sent, size in hints:
                assert sized(site.get(target, sent)) == (200, size)
        sent, size = hints[0]
        again = site.get(target, sent)
        assert (again.header("X-Cache"), again.header("X-Size")) == ("HIT", size)


def test_a_hit_has_the_density_of_its_own_layout(site, origin):
    path = caching.published(origin, LARGE)
    found = [site.get(f"/kept/ks/tr:w-auto{path}", {"Sec-CH-Width": width, "Sec-CH-DPR": "2"})
             for width in ("212", "250")]
    assert [answer.header("Content-DPR") for answer in found] == ["2.83", "2.40"]
    assert found[1].header("X-Cache") == "HIT"


def test_a_cache_keeps_slow_and_fast_apart(site, origin):
    path = caching.published(origin, pictures.noise(200, 200))
    target = f"/kept/cf{path}/w=150,q=90,scq=10"
    first = [len(site.get(target, hints).body) for hints in ({}, {"Save-Data": "on"})]
    then = [site.get(target, hints) for hints in ({}, {"Save-Data": "on"})]
    assert first[1] < first[0] and [len(answer.body) for answer in then] == first
    assert {answer.header("X-Cache") for answer in then} == {"HIT"}


# ------------------------------------------------------------------ onerror=redirect

REDIRECTING = "/cdn-cgi/image/width=20,onerror=redirect"


def test_a_damaged_image_is_shown_as_it_is(site, origin):
    path = origin.publish(TORN, "/torn/one two.jpg".replace(" ", "%20"), private=False)
    answer = site.get(REDIRECTING + path)
    assert answer.status == 302 and answer.header("Location").endswith("/torn/one%20two.jpg")
    assert "/cdn-cgi/" not in answer.header("Location")
    assert answer.header("Cache-Control") == "no-store"
    assert site.get(f"/cdn-cgi/image/width=20{path}").verdict == (422, "damaged")


def test_a_refusal_is_not_redirected(site, origin):
    secret = origin.publish(TORN, private=True)
    target = REDIRECTING + secret
    assert site.get(target).verdict == (403, "unsigned")
    assert site.get(signing.cloudflare(target, signing.OTHER_KEY)).verdict == (403,
                                                                               "bad_signature")
    late = signing.cloudflare(target, expires=signing.soon(-60))
    assert site.get(late).verdict == (403, "expired")
    assert site.get(signing.cloudflare(target)).status == 302


def test_what_is_missing_or_misspelt_is_not_redirected(site):
    assert site.get(f"{REDIRECTING}/nowhere.jpg").verdict == (404, "not_found")
    assert site.get(f"{REDIRECTING},w=0/img/a.jpg").verdict == (400, "bad_options")


@pytest.mark.parametrize("source", ["//evil.example/a.jpg", "/%2Fevil.example/a.jpg",
                                    "/https://localhost//evil.example/a.jpg",
                                    "/http://localhost/%2F/evil.example/a.jpg"])
def test_a_redirect_never_leaves_this_server(site, origin, source):
    origin.publish(TORN, "/evil.example/a.jpg", private=False)
    answer = site.get(REDIRECTING + source)
    assert answer.status == 302
    assert answer.header("Location") == f"http://localhost:{site.port}/evil.example/a.jpg"


@pytest.mark.parametrize("source, options", [(b"words", ""), (QUARTERS, ",height=60000,fit=pad,width=60000")])
def test_what_cannot_be_rendered_is_shown_as_it_is(site, origin, source, options):
    site.expect_errors("private_image: (unsupported_type|output_too_large)")
    path = origin.publish(source, private=False)
    answer = site.get(f"/cdn-cgi/image/fit=cover,onerror=redirect{path}" if not options else
                      f"/cdn-cgi/image/onerror=redirect{options}{path}")
    assert answer.status == 302 and answer.header("Location").endswith(path)


def test_there_is_no_redirect_to_an_image_id(site, origin):
    path = origin.publish(TORN, private=False)
    assert site.get(f"/cf{path}/w=20,onerror=redirect").verdict == (422, "damaged")


# ------------------------------------------------------------------ layers

def two_frames():
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, GREEN)]
    return pictures.encode(frames[0], "GIF", save_all=True, append_images=frames[1:])


@pytest.fixture(scope="module", autouse=True)
def layers(origin):
    origin.publish(pictures.plain(20, 20, RED), "/on/red.png", private=False)
    origin.publish(pictures.plain(10, 10, GREEN), "/on/green.png", private=False)
    origin.publish(two_frames(), "/on/two.gif", private=False)
    origin.publish(pictures.plain(20, 20, (128, 128, 128)), "/on/middle.png", private=False)
    origin.publish(pictures.plain(20, 20, GREEN), "/on/secret.png", private=True)


LAYERS = [
    ("l-image,i-on@@red.png,lx-0,ly-0,l-end", {(0.05, 0.05): RED, (0.5, 0.5): BLUE}),
    ("l-image,i-on@@red.png,l-end", {(0.5, 0.5): RED, (0.05, 0.05): BLUE}),
    ("l-image,i-on@@red.png,lx-N10,ly-N10,l-end",
     {(0.72, 0.55): RED, (0.88, 0.8): RED, (0.93, 0.9): BLUE, (0.67, 0.45): BLUE}),
    ("l-image,i-on@@red.png,lx-N0,ly-N0,l-end", {(0.82, 0.7): RED, (0.99, 0.98): RED,
                                                 (0.05, 0.05): BLUE, (0.77, 0.6): BLUE}),
    ("l-image,i-on@@red.png,lx-N0,ly-0,l-end", {(0.98, 0.05): RED, (0.98, 0.95): BLUE}),
    ("l-image,i-on@@two.gif,t-false,lx-0,ly-0,l-end", {(0.05, 0.05): RED}),
    ("l-image,i-on@@two.gif,t-false,pg-2,lx-0,ly-0,l-end", {(0.05, 0.05): GREEN}),
    ("l-image,i-on@@red.png,lfo-bottom_right,l-end", {(0.95, 0.95): RED, (0.5, 0.5): BLUE}),
    ("l-image,i-on@@red.png,lxc-90,lyc-10,l-end", {(0.9, 0.15): RED, (0.5, 0.5): BLUE}),
    ("l-image,i-on@@red.png,lx-bw_sub_20,ly-0,l-end", {(0.95, 0.05): RED, (0.7, 0.05): BLUE}),
    ("l-image,i-on@@red.png,lx-50,ly-30,lap-center,l-end", {(0.5, 0.5): RED, (0.75, 0.75): BLUE}),
    ("l-image,i-on@@red.png,w-bw,h-bh,c-force,l-end", everywhere(RED)),
    ("l-image,i-on@@red.png,w-60,h-40,c-force,o-50,l-end", {(0.5, 0.5): (125, 45, 115)}),
    ("l-image,i-on@@red.png,w-60,h-40,c-force,lm-multiply,l-end", {(0.5, 0.5): (26, 7, 24)}),
    ("l-image,ie-b24vcmVkLnBuZw%3D%3D,l-end", {(0.5, 0.5): RED}),
    ("l-image,i-on@@red.png,w-60,h-40,c-force,l-image,i-on@@green.png,l-end,l-end",
     {(0.5, 0.5): GREEN, (0.3, 0.3): RED, (0.05, 0.05): BLUE}),
    ("l-image,i-ik_canvas,bg-00FF00,w-20,h-10,lx-0,ly-0,l-end",
     {(0.05, 0.05): (0, 255, 0), (0.5, 0.5): BLUE}),
    ("l-image,i-ik_canvas,bg-00FF00,w-bw_div_2,h-bh,lx-0,ly-0,l-end",
     quarters((0, 255, 0), BLUE, (0, 255, 0), BLUE)),
    ("l-image,i-ik_canvas,bg-FF000050,w-bw,h-bh,l-end", {(0.5, 0.5): (142, 30, 100)}),
    ("l-text,i-x,fs-10,co-red,bg-00FF00,w-50,pa-10,lx-0,ly-0,l-end",
     {(0.02, 0.02): (0, 255, 0), (0.95, 0.95): BLUE}),
    ("l-image,i-ik_canvas,e-gradient-ld-right_from-FF0000_to-00FF00,w-bw,h-bh,l-end",
     {(0.01, 0.5): (255, 0, 0), (0.99, 0.5): (0, 255, 0)}),
    ("l-image,i-ik_canvas,bg-00FF00,w-40,h-40,r-max,l-end",
     {(0.5, 0.5): (0, 255, 0), (0.31, 0.18): BLUE}),
    ("l-image,i-on@@red.png,w-40,h-40,r-max,l-end", {(0.5, 0.5): RED, (0.31, 0.18): BLUE}),
    ("l-image,i-on@@red.png,w-40,h-20,c-force,rt-90,l-end",
     {(0.5, 0.25): RED, (0.5, 0.75): RED, (0.35, 0.5): BLUE}),
    ("l-image,i-on@@red.png,b-10_00FF00,l-end",
     {(0.5, 0.5): RED, (0.35, 0.5): (0, 255, 0), (0.25, 0.5): BLUE}),
    ("if-w_gt_50,l-image,i-on@@red.png,l-end,if-end", {(0.5, 0.5): RED}),
]


@pytest.mark.parametrize("layer, pixels", LAYERS)
def test_a_layer_has_the_requested_position(site, path_of, layer, pixels):
    """Opacities round once more: half of 255 is no whole number."""
    base = path_of(pictures.plain(100, 60, BLUE))
    check(site.get(f"/ik/tr:{layer}{base}"), (100, 60), pixels, 6)


def test_the_layer_s_shape_is_cut_out(render):
    shape = "l-image,i-on@@red.png,lm-{},l-end"
    base = pictures.plain(100, 60, BLUE)
    cut = render(shape.format("cutout"), base).convert("RGBA")
    assert cut.getpixel((50, 30))[3] == 0 and cut.getpixel((5, 5))[3] == 255
    kept = render(shape.format("cutter"), base).convert("RGBA")
    assert kept.getpixel((50, 30)) == BLUE + (255,)
    assert kept.size == (20, 20) or kept.getpixel((5, 5))[3] == 0


@pytest.mark.parametrize("layer", [
    "l-text,i-Hello%20you,co-FF0000,fs-30,l-end", "l-text,ie-SGVsbG8%3D,co-FF0000,fs-30,l-end",
    "l-text,i-Hello,co-FF0000,fs-30,tg-b_i,ia-left,rt-90,al-9,l-end",
    "l-text,i-Hello%20you,co-red,fs-30,tg-strikethrough,w-100,lh-40,ia-right,ff-serif,l-end",
    "l-text,i-Hello,co-red,fs-30,bg-FFFF00,pa-5_10,r-8,lfo-bottom,fl-h,l-end",
])
def test_text_is_written_in_its_colour(render, layer):
    image = render(layer, pictures.plain(200, 150, WHITE)).convert("RGB")
    assert image.size == (200, 150)
    assert sum(pictures.is_near(pixel, (255, 0, 0), 60) for pixel in image.getdata()) > 50
    assert pictures.shows(image, WHITE, 0.01, 0.01)


SECRET = "l-image,i-on@@secret.png,l-end"


@pytest.mark.parametrize("chain", [
    SECRET, f"l-image,i-on@@red.png,{SECRET},l-end", f"l-text,i-x,l-end,{SECRET}",
    f"if-w_gt_5000,{SECRET},if-else,w-20,if-end", f"if-w_gt_1,w-20,if-else,{SECRET},if-end",
    f"w-50:{SECRET}", "l-image,ie-b24vc2VjcmV0LnBuZw%3D%3D,l-end",
    "w-20,di-on@@secret.png,l-image,i-on@@secret.png,l-end",
])
def test_an_image_with_a_private_layer_is_refused(site, path_of, chain):
    target = f"/ik/tr:{chain}{path_of(PLAIN)}"
    answer = site.get(target)
    assert answer.verdict == (401, "unsigned") and b"PNG" not in answer.body
    assert site.get(signing.imagekit(target, "/ik/")).verdict == (200, "signed")


def test_layers_nest_three_levels_and_no_further(site, path_of):
    def nested(depth):
        return "l-image,i-on@@red.png," * (depth - 1) + "l-image,i-on@@green.png" + ",l-end" * depth
    path = path_of(PLAIN)
    assert site.get(f"/ik/tr:{nested(3)}{path}").status == 200
    assert site.get(f"/ik/tr:{nested(4)}{path}").verdict == (400, "bad_options")


def test_a_layer_may_displace_what_lies_below(render):
    base = pictures.quarters_image(100, 60)
    layer = "l-image,i-on@@{}.png,w-100,h-60,c-force,t-false,lm-displace,l-end"
    moved = render(layer.format("red"), pictures.quarters(100, 60)).convert("RGB")
    left = render(layer.format("middle"), pictures.quarters(100, 60)).convert("RGB")
    assert moved.size == base.size and moved.tobytes() != base.tobytes()
    assert pictures.shows_quarters(left, TOLERANCE)


# ------------------------------------------------------------------ default images

def test_a_default_image_is_transformed_likewise(site):
    check(site.get("/ik/tr:w-10,di-on@@red.png/nowhere.png"), (10, 10), everywhere(RED))
    check(site.get("/ik/tr:di-on@@red.png,l-image,i-on@@green.png,l-end/nowhere.png"), (20, 20),
          {(0.5, 0.5): GREEN, (0.1, 0.1): RED})


def test_a_private_default_image_is_refused(site):
    target = "/ik/tr:w-10,di-on@@secret.png/nowhere.png"
    assert site.get(target).verdict == (401, "unsigned")
    check(site.get(signing.imagekit(target, "/ik/")), (10, 10), everywhere(GREEN))


def test_a_default_image_is_not_fetched_if_the_image_exists(site, origin, path_of):
    asked = len(origin.requests("/on/green.png"))
    check(site.get(f"/ik/tr:w-30,di-on@@green.png{path_of(PLAIN)}"), (30, 20), everywhere(BLUE))
    assert len(origin.requests("/on/green.png")) == asked
