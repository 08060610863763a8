"""Makes the pictures of docs/transformations.md and the section that shows them: each example of one
list is rendered by the module in each of its spellings, and written to this folder. Sources are made
once; delete a source to make it again.

    /usr/bin/python3 docs/examples/make.py        (after ./build.sh)

t/http/test_doc_examples.py renders them all again and compares."""

import dataclasses
import io
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "t/http"))

from PIL import Image, ImageDraw, ImageEnhance  # noqa: E402

import nginx  # noqa: E402  (found through the line above)
from origin import Origin  # noqa: E402

PAGE = ROOT / "docs/transformations.md"
BEGIN = "<!-- examples: written by docs/examples/make.py -->"
END = "<!-- examples: end -->"

# WebP for all: small, and it holds transparency.
SERVER = """
    private_image_format webp;
    private_image_watermark logo logo.png gravity=bottom-right margin=8 scale=0.3;
    private_image_variant marked public w=160,watermark=logo;
    location ^~ /cdn-cgi/image/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /cf/ { private_image cloudflare; proxy_pass {{ origin }}/; }
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
"""


# The list

@dataclasses.dataclass(frozen=True)
class Example:
    name: str  # of its file
    cloudflare: str = ""
    imagekit: str = ""
    source: str = "bowl.jpg"
    note: str = ""     # next to the picture
    variant: str = ""  # the variant of SERVER with the options `cloudflare`; "" where it is a URL


GROUPS = {
    "Size": [
        Example("width", "w=160", "w-160"),
        Example("height", "h=80", "h-80"),
        Example("fraction", "", "w-0.25"),
        Example("density", "w=80,dpr=2", "w-80,dpr-2"),
        Example("ratio", "", "w-160,ar-16-9"),
    ],
    "Fit, of an image larger than the box": [
        Example("scale-down", "w=120,h=120,fit=scale-down", "w-120,h-120,c-at_max"),
        Example("cover", "w=120,h=120,fit=cover", "w-120,h-120,c-maintain_ratio"),
        Example("squeeze", "w=120,h=120,fit=squeeze", "w-120,h-120,c-force"),
        Example("pad", "w=120,h=120,fit=pad,background=lightblue",
                "w-120,h-120,cm-pad_resize,bg-lightblue"),
        Example("at-least", "", "w-120,h-120,c-at_least"),
        Example("extract", "", "w-120,h-120,cm-extract"),
        Example("extract-at-corner", "", "w-120,h-120,cm-extract,x-20,y-10"),
        Example("extract-about-point", "", "w-80,h-80,cm-extract,xc-180,yc-106"),
    ],
    "Fit, of one that is smaller": [
        Example("contain", "w=160,h=160,fit=contain", "w-160,h-160,c-at_max_enlarge", "logo.png"),
        Example("scale-up", "w=160,h=160,fit=scale-up", "", "logo.png"),
        Example("crop", "w=60,h=120,fit=crop", "w-60,h-120,c-maintain_ratio_no_enlarge",
                "logo.png"),
        Example("aspect-crop", "w=120,h=60,fit=aspect-crop", "", "logo.png"),
        Example("pad-small", "w=160,h=120,fit=pad,background=lightblue",
                "w-160,h-120,cm-pad_resize,bg-lightblue", "logo.png"),
        Example("pad-no-enlarge", "", "w-160,h-120,cm-pad_resize_no_enlarge,bg-lightblue",
                "logo.png"),
        Example("pad-extract", "", "w-160,h-40,cm-pad_extract,bg-lightblue", "logo.png"),
        Example("pad-extract-no-shrink", "", "w-160,h-40,cm-pad_extract_no_shrink,bg-lightblue",
                "logo.png"),
    ],
    "What is kept": [
        Example("keep-left", "w=80,h=120,fit=cover,gravity=left", "w-80,h-120,fo-left"),
        Example("keep-right", "w=80,h=120,fit=cover,gravity=right", "w-80,h-120,fo-right"),
        Example("keep-point", "w=80,h=120,fit=cover,gravity=0.2x0.5"),
        Example("keep-attention", "w=80,h=120,fit=cover,gravity=auto", "w-80,h-120,fo-auto"),
        Example("keep-corner", "", "w-100,h-100,cm-extract,fo-bottom_right"),
    ],
    "Trim": [
        Example("framed", "w=160", "w-160", "framed.png", note="before"),
        Example("trim-frame", "trim=border", "t-true", "framed.png", note="after"),
        Example("trim-frame-options",
                "trim=border,trim.border.color=%23f0ead6,trim.border.tolerance=5,"
                "trim.border.keep=4", "", "framed.png", note="after"),
        Example("trim-sides", "trim=10;40;10;0.25,w=160"),
        Example("trim-box", "trim.left=110,trim.top=40,trim.width=140,trim.height=130",
                "w-140,h-130,cm-extract,x-110,y-40"),
    ],
    "Turn and mirror": [
        Example("rotate", "rotate=90,h=160"),
        Example("rotate-after", "", "h-108:rt-90"),
        Example("rotate-degrees", "", "w-140:rt-20"),
        Example("rotate-background", "", "w-140:rt-N20,bg-lightblue"),
        Example("flip", "w=160,flip=h", "w-160,fl-h"),
        Example("flip-both", "w=160,flip=hv", "w-160,fl-h_v"),
    ],
    "Background": [
        Example("background", "background=lightblue", "bg-lightblue", "logo.png"),
        Example("background-blurred", "", "w-140,h-160,cm-pad_resize,bg-blurred"),
        Example("background-blurred-dark", "", "w-140,h-160,cm-pad_resize,bg-blurred_20_N60"),
        Example("background-dominant", "", "w-140,h-160,cm-pad_resize,bg-dominant"),
        Example("background-gradient", "", "w-140,h-160,cm-pad_resize,bg-gradient_dominant_2"),
    ],
    "Sharpness": [
        Example("blur", "w=160,blur=4", "w-160,bl-4"),
        Example("sharpen", "w=160,sharpen=4", "w-160,e-sharpen-4"),
        Example("unsharp-mask", "", "w-160,e-usm-3-3-2-0.02"),
        Example("quality", "w=160,quality=5", "w-160,q-5"),
    ],
    "Light and colour": [
        Example("brightness", "w=160,brightness=1.4"),
        Example("contrast", "w=160,contrast=1.6"),
        Example("gamma", "w=160,gamma=2"),
        Example("saturation", "w=160,saturation=0.4"),
        Example("grey", "", "w-160,e-grayscale"),
        Example("hazy", "w=160", "w-160", "hazy.jpg", note="before"),
        Example("levels", "", "w-160,e-contrast", "hazy.jpg", note="after"),
        Example("replace-colour", "", "w-160,cr-2060D0_35_D8380A"),
        Example("colorize", "", "w-160,e-colorize-co-2060D0_in-70"),
        Example("opacity", "", "w-160,o-40"),
    ],
    "Edges and shapes": [
        Example("gradient", "", "w-160,e-gradient"),
        Example("gradient-parts", "",
                "w-160,e-gradient-ld-right_from-2060D0_to-2060D000_sp-0.6"),
        Example("rounded", "", "w-160,r-24"),
        Example("rounded-corners", "", "w-160,r-40_0_40_0"),
        Example("rounded-fully", "", "w-120,h-120,r-max"),
        Example("border", "", "w-148,b-6_8B1A1A"),
        Example("shadow", "", "e-shadow-bl-4_st-60_x-6_y-6", "logo.png"),
        Example("distort", "", "w-160,e-distort-p-40_20_130_0_160_107_0_90"),
        Example("arc", "", "w-160,e-distort-a-60"),
    ],
    "Layers and watermarks": [
        Example("layer-image", "", "w-160,l-image,i-logo.png,w-70,lx-6,ly-N6,l-end"),
        Example("layer-text", "",
                "w-160,l-text,i-Fig,fs-28,co-white,tg-b,bg-00000060,pa-4_12,r-8,lfo-bottom,l-end"),
        Example("layer-block", "",
                "w-160,l-image,i-ik_canvas,bg-2060D0,al-6,w-bw,h-30,lfo-bottom,l-end"),
        Example("layer-multiply", "",
                "w-160,l-image,i-logo.png,w-120,lm-multiply,l-end"),
        Example("layer-cutout", "", "w-160,l-image,i-logo.png,w-120,lm-cutout,l-end"),
        Example("layer-cutter", "", "w-160,l-image,i-logo.png,w-120,lm-cutter,l-end"),
        Example("watermark", "w=160,watermark=logo", "", variant="marked"),
    ],
}
EXAMPLES = [example for group in GROUPS.values() for example in group]

# Options of the page's table that change no pixel of a still image, or no more than another of
# this list shows.
NOT_VISUAL = {
    "if-…,if-else,…,if-end": "chooses among others",
    "n": "brings a variant's steps",
    "the last segment": "names a variant",
    "slow-connection-quality": "as quality",
    "format": "bytes, not pixels",
    "f": "bytes, not pixels",
    "lo": "the loss is invisible at the default quality",
    "pr": "changes the order of loading, not the image",
    "cp": "visible only on wide-gamut screens",
    "metadata": "no pixels",
    "md": "no pixels",
    "dn": "no pixels",
    "anim": "no difference in a still image",
    "…/ik-thumbnail.jpg": "no difference in a still image",
    "pg": "chooses the page, does not change it",
    "compression": "bytes, not pixels",
    "onerror": "no image",
    "di": "the same for another image",
    "orig": "the original",
}


# Sources

def encoded(image, kind, **options):
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def bowl():
    """See LICENSE beside this file."""
    image = Image.open(ROOT / "build/photos/Picture_0B_by_freespace.jpg").convert("RGB")
    return encoded(image.resize((320, 216), Image.LANCZOS), "JPEG", quality=85)


def opened_bowl():
    return Image.open(HERE / "bowl.jpg").convert("RGB")


def hazy():
    """Little contrast, as through mist."""
    faint = ImageEnhance.Contrast(opened_bowl()).enhance(0.35)
    return encoded(ImageEnhance.Brightness(faint).enhance(1.25), "JPEG", quality=85)


def framed():
    frame = Image.new("RGB", (160, 130), (240, 234, 214))
    frame.paste(opened_bowl().resize((120, 81), Image.LANCZOS), (12, 30))
    return encoded(frame, "PNG")


def logo():
    """A sun over a bowl, on nothing."""
    image = Image.new("RGBA", (400, 240), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((140, 10, 260, 130), fill=(250, 190, 30, 255))
    draw.pieslice((60, -40, 340, 220), 0, 180, fill=(32, 64, 140, 255))
    return encoded(image.resize((100, 60), Image.LANCZOS), "PNG")


SOURCES = {"bowl.jpg": bowl, "logo.png": logo, "framed.png": framed, "hazy.jpg": hazy}


def make_sources():
    for name, make in SOURCES.items():
        if not (HERE / name).exists():
            (HERE / name).write_bytes(make())


# Rendering

def publish(origin):
    for name in SOURCES:
        kind = "image/png" if name.endswith(".png") else "image/jpeg"
        origin.publish((HERE / name).read_bytes(), f"/{name}", private=False, content_type=kind)


def files():
    """What an nginx folder needs in addition to SERVER."""
    return {"conf/logo.png": (HERE / "logo.png").read_bytes()}


def targets(example):
    if example.variant:
        yield f"/cf/{example.source}/{example.variant}"
    elif example.cloudflare:
        yield f"/cdn-cgi/image/{example.cloudflare}/{example.source}"
    if example.imagekit:
        yield f"/ik/tr:{example.imagekit}/{example.source}"


def opened(body):
    return Image.open(io.BytesIO(body)).convert("RGBA")


def pixels(body):
    image = opened(body)
    return image.size, image.tobytes()


def render(site, example):
    """The picture of the first spelling; another spelling must give the same pixels."""
    bodies = []
    for target in targets(example):
        answer = site.get(target)
        assert answer.status == 200, f"{target}: {answer}"
        assert answer.header("Content-Type") == "image/webp", target
        bodies.append(answer.body)
    assert bodies, f"{example.name} has no spelling"
    for body in bodies[1:]:
        assert pixels(body) == pixels(bodies[0]), f"{example.name}: the spellings differ"
    return bodies[0]


def file_of(example):
    return HERE / f"{example.name}.webp"


# The page

def section():
    """The text between the markers."""
    lines = ["Each image is the answer to the URLs next to it, with `private_image_format webp`. A dash:",
             "that dialect has no such option. The sources are a photograph of 320x216 pixels, a logo of",
             "100x60 on a transparent background, and copies of the photograph: with a frame, and with",
             "haze. The photograph is “Picture 0B” by Trevor “Freespace”, [licensed CC BY",
             "4.0](examples/LICENSE), scaled down and, in every example, changed by the options given."]
    for title, examples in GROUPS.items():
        lines += ["", f"**{title}**", "", "| Result | Cloudflare | ImageKit |", "|---|---|---|"]
        for example in examples:
            picture = f"![{example.name}](examples/{file_of(example).name}) {example.note}".strip()
            words = [f"`{spelling}`" if spelling else "–"
                     for spelling in (example.cloudflare, example.imagekit)]
            if example.variant:
                words[0] += ", in a variant"
            lines.append("| " + " | ".join([picture, *words]) + " |")
    return "\n".join(lines)


def shown_section():
    """The text between the markers of the page."""
    _, begin, rest = PAGE.read_text().partition(BEGIN + "\n")
    shown, end, _ = rest.partition("\n" + END)
    assert begin and end, f"{PAGE} has no place for the examples: {BEGIN} … {END}"
    return shown


def write_section():
    shown = shown_section()
    PAGE.write_text(PAGE.read_text().replace(f"{BEGIN}\n{shown}\n{END}",
                                             f"{BEGIN}\n{section()}\n{END}"))


# Everything

def write_pictures(site):
    bodies = {file_of(example): render(site, example) for example in EXAMPLES}
    for old in HERE.glob("*.webp"):
        old.unlink()
    for file, body in bodies.items():
        file.write_bytes(body)


def main():
    make_sources()
    origin = Origin()
    publish(origin)
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="examples-", dir=ROOT / "build") as path:
        pathlib.Path(path).chmod(0o755)
        folder = nginx.Folder(path, origin, files())
        folder.configure(server=SERVER)
        site = nginx.Nginx(folder)
        try:
            write_pictures(site)
        finally:
            complaints = site.stop() + site.complaints()
            origin.close()
    assert not complaints, complaints
    write_section()
    size = sum(file.stat().st_size for file in HERE.glob("*.*"))
    print(f"{len(EXAMPLES)} examples, {size // 1000} KB with their sources")


if __name__ == "__main__":
    main()
