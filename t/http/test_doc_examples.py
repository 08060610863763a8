"""The pictures of docs/transformations.md: the running module renders each from the options beside
it, and every option with a visible effect has one. docs/examples/make.py makes them."""

import re
import sys

import pytest
from PIL import Image, ImageChops, ImageStat

from documents import code, rows_after
from libraries import VIPS
from nginx import ROOT

sys.path.insert(0, str(ROOT / "docs/examples"))

import make  # noqa: E402  (found through the line above)


@pytest.fixture(scope="module")
def site(gate, origin):
    make.publish(origin)
    return gate(make.SERVER, files=make.files(), observed=False)


def on_grey(image):
    ground = Image.new("RGBA", image.size, (128, 128, 128, 255))
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")


# Other versions of libvips, libwebp and the fonts round pixels, and place the edges of letters, a
# little differently; on the same versions both are 0. The pictures are of libvips 8.14, whose loops
# by liborc resize less exactly than those by Highway: up to 2.6, where anything but the decoder
# resizes, and the rest is the same to the byte.
MEAN_TOLERANCE = 3.0 if VIPS >= (8, 15) else 1.5  # of 255, over all pixels
PIXEL_TOLERANCE = 32    # of 255, beyond which a pixel counts as another one
SHARE_OF_OTHERS = 0.01


@pytest.mark.parametrize("example", make.EXAMPLES, ids=lambda example: example.name)
def test_the_picture_is_what_its_spellings_give(site, example):
    rendered = on_grey(make.opened(make.render(site, example)))
    shown = on_grey(Image.open(make.file_of(example)))
    assert rendered.size == shown.size
    difference = ImageChops.difference(rendered, shown)
    assert max(ImageStat.Stat(difference).mean) <= MEAN_TOLERANCE
    others = difference.convert("L").point(lambda value: 255 if value > PIXEL_TOLERANCE else 0)
    assert ImageStat.Stat(others).mean[0] / 255 <= SHARE_OF_OTHERS


def test_no_two_examples_share_a_file():
    names = [example.name for example in make.EXAMPLES]
    assert len(set(names)) == len(names) > 50


def test_the_page_shows_the_current_examples():
    assert make.shown_section() == make.section()


def test_every_picture_is_shown_and_every_shown_one_exists():
    shown = set(re.findall(r"\]\(examples/([\w-]+\.webp)\)", make.PAGE.read_text()))
    assert shown == {file.name for file in make.HERE.glob("*.webp")}


def test_the_pictures_are_small():
    sizes = [file.stat().st_size for file in make.HERE.iterdir() if file.is_file()]
    assert sum(sizes) < 500_000 and max(sizes) < 20_000


# Every option has one

OPTIONS = rows_after("transformations.md", "## Options")


def named(cell):
    """The options of a cell of the page's table, as lists of names for the same or the like:
    "`width`, `w`: a side; `x`: 1" has two lists. A cell in plain words is a name itself."""
    if cell in ("", "–"):
        return []
    if not cell.startswith("`"):
        return [[cell]]
    lists = []
    for part in re.split(r"; (?=`)", cell):
        names = re.match(r"`[^`]+`(?:, `[^`]+`)*", part)[0]
        lists.append([code(name) for name in names.split(", ")])
    return lists


def table_of_options():
    return [(place, names) for row in OPTIONS for place, cell in enumerate(row[:2])
            for names in named(cell)]


def items(example, place):
    """The options of an example: 0 for Cloudflare's, 1 for ImageKit's."""
    return example.cloudflare.split(",") if place == 0 else re.split("[,:]", example.imagekit)


def shows(example, place, name):
    name = re.split("[,A-Z]", name)[0].rstrip("-")  # less what stands for values
    joint = "=" if place == 0 else "-"
    return any(item == name or item.startswith(name + joint)
               for item in items(example, place))


@pytest.mark.parametrize("place, names", table_of_options(), ids=str)
def test_an_option_that_can_be_seen_has_an_example(place, names):
    if any(name in make.NOT_VISUAL for name in names):
        return
    found = [example.name for example in make.EXAMPLES for name in names
             if shows(example, place, name)]
    assert found, f"no example of {' or '.join(names)}"


def test_what_needs_no_example_is_an_option():
    assert len(OPTIONS) > 40
    known = {name for _, names in table_of_options() for name in names}
    assert set(make.NOT_VISUAL) <= known


@pytest.mark.parametrize("heading, place, joint", [("### Fit", 0, "="), ("### c and cm", 1, "-")])
def test_every_fit_has_an_example(heading, place, joint):
    words = {code(word) for row in rows_after("transformations.md", heading)
             for word in row[0].split(", ")}
    wanted = {f"fit={word}" for word in words} if place == 0 else words
    shown = {item for example in make.EXAMPLES for item in items(example, place)}
    assert wanted and wanted <= shown


@pytest.mark.parametrize("kind", ["blurred", "dominant", "gradient_dominant"])
def test_every_background_has_an_example(kind):
    assert any(item.startswith(f"bg-{kind}") for example in make.EXAMPLES
               for item in items(example, 1))


def test_an_example_has_both_dialects_where_both_have_the_option():
    """An option with both columns in the table has an example in which both give the same
    picture."""
    both = [example for example in make.EXAMPLES if example.cloudflare and example.imagekit]
    assert len(both) > 15
    for row in OPTIONS:
        cloudflare, imagekit = named(row[0]), named(row[1])
        words = [name for names in cloudflare + imagekit for name in names]
        if not cloudflare or not imagekit or any(word in make.NOT_VISUAL for word in words):
            continue
        assert any(shows(example, 0, a) and shows(example, 1, b) for example in both
                   for names in cloudflare for a in names
                   for others in imagekit for b in others), row[:2]
