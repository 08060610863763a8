"""Expensive transformations of both dialects, of pictures of 9 megapixels under a limit of 10:
those above a limit are refused before rendering, and those within the limits stay within the
promised memory."""

import pytest

import pictures
from spending import measured

SITE = """
    location = /status { private_image_status prometheus; }
    large_client_header_buffers 4 64k;
    private_image_key img.key;
    private_image_max_output_pixels 10m;
    private_image_render_timeout 5s;
    location ^~ /img/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
"""
TOO_LARGE, BAD_OPTIONS = (400, "output_too_large"), (400, "bad_options")
LIMIT = "private_image_max_output_pixels 10000000"


@pytest.fixture(scope="module")
def site(gate, small):
    site = gate(SITE, workers=1)
    for target in (f"/img{small}?tr=l-text,i-a,l-end", f"/cf{small}/w=9,f=webp"):
        assert site.get(target).status == 200
    return site


@pytest.fixture(scope="module")
def small(origin):
    return origin.publish(pictures.quarters(60, 40), private=False)


@pytest.fixture(scope="module")
def large(origin):
    return origin.publish(pictures.quarters(3000, 3000), private=False)


# Refused

def nested(kind, depth):
    return f"l-{kind}," * depth + "l-end," * (depth - 1) + "l-end"


IMAGEKIT = {
    "enlarged, then cut": ("w-65535,h-65535,c-force:cm-extract,w-9,h-9", TOO_LARGE),
    "enlarged by turns, then cut": (":".join(["w-2_mul_cw"] * 12) + ":cm-extract,w-9,h-9", None),
    "density": ("w-2000,h-2000,dpr-5,c-force", None),
    "ratio": ("w-4000,ar-1-65535", TOO_LARGE), "ratio across": ("h-4000,ar-65535-1", TOO_LARGE),
    "padding": ("w-60000,h-60000,cm-pad_resize,bg-F3F3F3", TOO_LARGE),
    "blurred padding": ("w-60000,h-9,cm-pad_resize,bg-blurred_100", None),
    "padded extract": ("cm-pad_extract,w-60000,h-60000", TOO_LARGE),
    "border": ("b-60000_FF0000", TOO_LARGE),
    "a turn": ("w-3100,h-3100,c-force,rt-45", TOO_LARGE),
    "a ring": ("w-9000,h-900,c-force,e-distort-a-360", TOO_LARGE),
    "a block": ("l-image,i-ik_canvas,w-65535,h-65535,l-end", TOO_LARGE),
    "a text": ("l-text,i-a,fs-16000,l-end", TOO_LARGE),
    "a wide text": ("l-text,i-a,w-16000,pa-9000,l-end", TOO_LARGE),
    "a long text": (f"l-text,i-{'a' * 60000},l-end", TOO_LARGE),
    "thousands of steps": (":".join(["w-9"] * 3000), BAD_OPTIONS),
    "thousands of options": (",".join(["w-9"] * 3000), BAD_OPTIONS),
    "thousands of layers": (",".join(["l-text,i-a,l-end"] * 400), BAD_OPTIONS),
    "deep layers": (nested("image,i-ik_canvas,w-9,h-9", 300), BAD_OPTIONS),
    "deep texts": (nested("text,i-a", 300), BAD_OPTIONS),
    "deep conditions": ("if-w_gt_1," * 300 + "w-9" + ",if-end" * 300, BAD_OPTIONS),
    "a long formula": ("w-iw" + "_mul_1" * 1000, None),
    "a distant corner": ("e-distort-p-0_0_99999_0_99999_99999_0_99999", BAD_OPTIONS),
    "a huge blur": ("bl-99999", BAD_OPTIONS),
    "a huge radius": ("r-99999999999", None),
}


@pytest.mark.parametrize("options, verdict", IMAGEKIT.values(), ids=IMAGEKIT)
def test_excessive_imagekit_options_are_refused_before_rendering(site, small, options, verdict):
    answer, spent, log = measured(site, f"/img{small}?tr={options}")
    assert answer.verdict == (verdict or answer.verdict) and answer.status in (200, 400)
    assert verdict != TOO_LARGE or "private_image: output_too_large" in log
    spent.assert_within(memory=60, processor=0.5)


CLOUDFLARE = {
    "enlarged": "w=12000,h=12000,fit=squeeze", "density": "w=2000,h=2000,fit=squeeze,dpr=3",
    "covered": "w=12000,h=12000,fit=cover", "padded": "w=12000,h=12000,fit=pad",
    "by width": "w=12000,fit=contain", "by height": "h=12000,fit=contain",
}


@pytest.mark.parametrize("options", CLOUDFLARE.values(), ids=CLOUDFLARE)
def test_excessive_cloudflare_options_are_refused_before_rendering(site, small, options):
    answer, spent, log = measured(site, f"/cf{small}/{options}")
    assert answer.verdict == (403, "output_too_large")
    assert "private_image: output_too_large" in log and LIMIT in log
    spent.assert_within(memory=20, processor=0.2)


@pytest.mark.parametrize("options", [
    "w=99999999999999999999", "w=-1", "w=1e9", "blur=251", "border=(width:99999)", "dpr=9999999999",
    "rotate=45", "trim=1;2", "sharpen=1e99", ",".join(["w=9"] * 2000), "w=9,fit=" + "x" * 5000])
def test_huge_numbers_cause_no_server_error(site, small, options):
    answer, spent, _ = measured(site, f"/cf{small}/{options}")
    assert answer.status in (200, 400)
    spent.assert_within(memory=20, processor=0.2)


# Rendered, or stopped by the timeout

# 9 megapixels of four bytes are 36 MB: the picture, what a step makes of it, and what the encoder
# holds. Nothing may hold them as floating point.
MOST = 150

HEAVY = {
    "a perspective": "e-distort-p-0_0_3000_100_2900_2900_50_3000",
    "a perspective from afar": "e-distort-p-0_0_60000_0_60000_100_0_3000",
    "a perspective to a corner": "e-distort-p-1_1_60_3_50_50_2_60",
    "a bend": "w-3000,h-300,c-force:e-distort-a-180",
    "a turn": "w-2200,h-2200,c-force:rt-45",
    "a blur": "bl-100", "an unsharp mask": "e-usm-100-100-1-0", "sharpening": "e-sharpen-100",
    "contrast": "e-contrast", "a gradient": "e-gradient", "colours replaced": "cr-FF0000_99_00FF00",
    "rounded": "r-max", "enlarged, then cut": "w-3160,h-3160,c-force:cm-extract,w-9,h-9",
    "up and down": ":".join(["w-3100,h-3100,c-force", "w-2,h-2,c-force"] * 8),
    "every effect": "e-grayscale,e-contrast,e-sharpen-10,bl-100,e-gradient,r-500,rt-90",
    "blocks": ",".join(["l-image,i-ik_canvas,w-3000,h-3000,bg-FF000050,l-end"] * 16),
    "blocks in blocks": nested("image,i-ik_canvas,w-3000,h-3000,bg-FF000050", 3),
    "a block multiplied": "l-image,i-ik_canvas,w-3000,h-3000,bg-FF000050,lm-multiply,l-end",
    "a block displaced": "l-image,i-ik_canvas,w-3000,h-3000,bg-FF000050,lm-displace,l-end",
    "sixteen texts": ",".join(f"l-text,i-{'W' * 20},fs-{200 + n},l-end" for n in range(16)),
}


@pytest.mark.parametrize("options", HEAVY.values(), ids=HEAVY)
def test_an_allowed_transformation_holds_few_pictures_in_memory(site, large, options):
    answer, spent, _ = measured(site, f"/img{large}?tr={options},f-jpg")
    assert answer.verdict in ((200, "public"), (504, "timeout"))
    spent.assert_within(memory=MOST, processor=12)


@pytest.mark.parametrize("options", ["blur=250", "w=3100,h=3100,fit=squeeze,sharpen=10",
                                     "rotate=90,flip=hv,w=2999,h=2998,fit=cover",
                                     "trim=border,w=2900", "brightness=2,contrast=2,gamma=2"])
def test_cloudflare_s_steps_hold_few_pictures_in_memory(site, large, options):
    answer, spent, _ = measured(site, f"/cf{large}/{options},f=jpeg")
    assert answer.verdict in ((200, "public"), (504, "timeout"))
    spent.assert_within(memory=MOST, processor=12)
