"""Makes pictures when a test needs them, and checks their pixels. Uses no files and no nginx."""

import functools
import io
import os
import random
import subprocess

from PIL import Image

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 160, 40), (30, 60, 200), (255, 255, 255)
BLACK = (0, 0, 0)
QUARTERS = (RED, GREEN, BLUE, WHITE)  # left to right, then down


def encode(image, kind="PNG", **options):
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


@functools.lru_cache(maxsize=None)
def plain(width=64, height=48, colour=RED, kind="PNG", **options):
    """A picture of one colour."""
    return encode(Image.new("RGB", (width, height), colour), kind, **options)


def opened(body):
    """The decoded picture; AVIF with libvips' command, since Pillow cannot read it."""
    if body[4:12] == b"ftypavif":
        body = subprocess.run(["vips", "copy", "stdin", ".png"], input=body, check=True, timeout=60,
                              capture_output=True).stdout
    return Image.open(io.BytesIO(body))


def quarters_image(width, height):
    image = Image.new("RGB", (width, height))
    for index, colour in enumerate(QUARTERS):
        left, top = (index % 2) * (width // 2), (index // 2) * (height // 2)
        image.paste(colour, (left, top, left + width - width // 2, top + height - height // 2))
    return image


@functools.lru_cache(maxsize=None)
def quarters(width=64, height=48, kind="PNG", **options):
    """Red, green, blue and white quarters: distinguishes turned, mirrored and cut images."""
    return encode(quarters_image(width, height), kind, **options)


@functools.lru_cache(maxsize=None)
def stripes(width, height, colours, kind="PNG", upright=False):
    """Equal stripes side by side (or, upright, one above the other)."""
    image = Image.new("RGB", (width, height))
    for index, colour in enumerate(colours):
        if upright:
            box = (0, height * index // len(colours), width, height * (index + 1) // len(colours))
        else:
            box = (width * index // len(colours), 0, width * (index + 1) // len(colours), height)
        image.paste(colour, box)
    return encode(image, kind)


@functools.lru_cache(maxsize=None)
def turned(orientation, width=60, height=40):
    """A JPEG of quarters that is upright only if the EXIF orientation is applied."""
    upright = quarters_image(width, height)
    undo = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
            8: Image.Transpose.ROTATE_270}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8298] = "Copyright of the tests"
    exif[0x010F] = "Camera of the tests"
    return encode(upright.transpose(undo), "JPEG", quality=95, exif=exif)


@functools.lru_cache(maxsize=None)
def see_through(width=64, height=48, colour=RED, alpha=128):
    return encode(Image.new("RGBA", (width, height), colour + (alpha,)))


@functools.lru_cache(maxsize=None)
def animation(frames=6, width=40, height=30, kind="GIF"):
    colours = [RED, GREEN, BLUE, WHITE, BLACK, (200, 200, 0)]
    images = []
    for index in range(frames):
        image = Image.new("RGB", (width, height), colours[index % len(colours)])
        image.putpixel((index % width, index // width), (index % 256, 17, 99))
        images.append(image)
    return encode(images[0], kind, save_all=True, append_images=images[1:], duration=50, loop=0)


@functools.lru_cache(maxsize=None)
def noise(width, height, kind="JPEG", **options):
    """Incompressible, so that it is large in bytes and slow to encode."""
    pixels = random.Random(7).randbytes(width * height * 3)
    return encode(Image.frombytes("RGB", (width, height), pixels), kind, **options)


@functools.lru_cache(maxsize=None)
def large():
    """A PNG of twenty megabytes."""
    return noise(2600, 2600, "PNG", compress_level=0)


@functools.lru_cache(maxsize=None)
def huge():
    """Twenty megabytes with the beginning of a picture, which should never be read completely."""
    return plain(kind="JPEG") + os.urandom(20 * 1024 * 1024)


SVG = (b'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40">'
       b'<rect width="60" height="40" fill="#1e3cc8"/></svg>')


def is_near(pixel, colour, tolerance=12):
    """True if two colours differ by no more than lossy coding and resampling may cause."""
    return all(abs(a - b) <= tolerance for a, b in zip(pixel[:3], colour))


def colour_at(image, x, y):
    """The colour at a relative position, 0 to 1."""
    width, height = image.size
    return image.convert("RGB").getpixel((min(int(x * width), width - 1),
                                          min(int(y * height), height - 1)))


def shows(image, colour, x=0.5, y=0.5, tolerance=12):
    return is_near(colour_at(image, x, y), colour, tolerance)


def shows_quarters(image, tolerance=12):
    places = [(0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)]
    return all(shows(image, colour, *place, tolerance) for colour, place in zip(QUARTERS, places))
