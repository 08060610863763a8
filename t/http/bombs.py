"""Small files with many pixels, or with headers that claim many. They are written byte by byte,
since no encoder would make them. bomb_metadata.py makes files with large metadata."""

import functools
import struct
import zlib

# ---------------------------------------------------------------- PNG

GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6  # colour types
SAMPLES = {GREY: 1, RGB: 3, GREY_ALPHA: 2, RGBA: 4}


def png_chunk(kind, content):
    return (struct.pack(">I", len(content)) + kind + content
            + struct.pack(">I", zlib.crc32(kind + content)))


def png_header(width, height, depth=8, colour=GREY, interlaced=False):
    content = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", content)


def zeros(size):
    """`size` zero bytes, deflated."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(size >> 20)]
    return b"".join([*parts, packer.compress(block[:size & 0xFFFFF]), packer.flush()])


@functools.lru_cache(maxsize=None)
def png(width, height, depth=8, colour=GREY, interlaced=False, rows=None, more=b""):
    """A black picture of which only `rows` rows are in the file; `more` are chunks before them."""
    rows = height if rows is None else rows
    line = 1 + (width * depth * SAMPLES[colour] + 7) // 8
    # Adam7: seven smaller pictures; each of their lines begins with a filter byte.
    size = line * rows + (14 + 2 * height if interlaced else 0)
    return (png_header(width, height, depth, colour, interlaced) + more
            + png_chunk(b"IDAT", zeros(size)) + png_chunk(b"IEND", b""))


# ---------------------------------------------------------------- GIF

@functools.lru_cache(maxsize=None)
def gif(width, height, frames=1, frame_width=1, frame_height=1, closed=True):
    """Each frame contains one pixel, and claims to be of the given size."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    # LZW of one pixel: clear, 0, end.
    frame = (b"\x21\xf9\x04\0\x05\0\0\0" + b"," + struct.pack("<HHHHB", 0, 0, frame_width,
                                                           frame_height, 0) + b"\x02\x02\x44\x01\0")
    return head + frame * frames + (b";" if closed else b"")


# ---------------------------------------------------------------- WebP

def riff(*chunks):
    content = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def riff_chunk(kind, content):
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def lossless_webp(width, height, data=b"\x88\x88\x08\0\0\0\0\0"):
    """A VP8L chunk; the default data are of one colour."""
    return riff_chunk(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + data)


def three_bytes(number):
    return struct.pack("<I", number)[:3]


def extended_webp(width, height, *chunks, flags=0):
    """A file with a VP8X chunk; flags: 2 animation, 4 XMP, 8 EXIF, 0x20 ICC."""
    head = bytes([flags, 0, 0, 0]) + three_bytes(width - 1) + three_bytes(height - 1)
    return riff(riff_chunk(b"VP8X", head), *chunks)


@functools.lru_cache(maxsize=None)
def animated_webp(width, height, frames, frame_width=1, frame_height=1):
    frame = (three_bytes(0) + three_bytes(0) + three_bytes(frame_width - 1)
             + three_bytes(frame_height - 1) + three_bytes(50) + b"\0"
             + lossless_webp(frame_width, frame_height))
    return extended_webp(width, height, riff_chunk(b"ANIM", bytes(6)),
                         riff_chunk(b"ANMF", frame) * frames, flags=2)


# ---------------------------------------------------------------- JPEG

def run_of_empty_blocks(blocks):
    """Huffman-coded end-of-band runs: a symbol of one bit, and 14 more bits for the length."""
    bits = ""
    while blocks > 0:
        more = max(min(blocks, 32767) - 16384, 0)
        bits += f"0{more:014b}"
        blocks -= 16384 + more
    bits += "1" * (-len(bits) % 8)
    packed = bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8))
    return packed.replace(b"\xff", b"\xff\0")


@functools.lru_cache(maxsize=None)
def progressive(width, height, refinements=14, coefficients=63):
    """A grey JPEG with as many scans as a progressive one may have: one for each bit of each
    coefficient, all of them empty."""
    blocks = -(-width // 8) * -(-height // 8)
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0"
    one_code = bytes([1] + [0] * 15)
    parts = [b"\xff\xd8", jpeg_segment(0xDB, b"\0" + b"\x10" * 64), jpeg_segment(0xC2, frame),
             jpeg_segment(0xC4, b"\0" + one_code + b"\0"),
             jpeg_segment(0xC4, b"\x10" + one_code + b"\xe0"),
             jpeg_segment(0xDA, b"\x01\x01\0\0\0\0"), bytes(-(-blocks // 8))]
    for coefficient in range(1, coefficients + 1):
        for bit in reversed(range(refinements)):
            before = 0 if bit == refinements - 1 else bit + 1
            scan = bytes([1, 1, 0, coefficient, coefficient, before << 4 | bit])
            parts += [jpeg_segment(0xDA, scan), run_of_empty_blocks(blocks)]
    return b"".join(parts) + b"\xff\xd9"


def with_size(jpeg, width, height):
    """The same JPEG with another size in its header."""
    at = next(jpeg.index(mark) for mark in (b"\xff\xc0", b"\xff\xc2", b"\xff\xc9") if mark in jpeg)
    return jpeg[:at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9:]


def arithmetic(width, height):
    """An arithmetic-coded JPEG with hardly any data."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0"
    scan = b"\x01\x01\0\0\x3f\0"
    return (b"\xff\xd8" + jpeg_segment(0xDB, b"\0" + b"\x10" * 64) + jpeg_segment(0xC9, frame)
            + jpeg_segment(0xDA, scan) + bytes(64) + b"\xff\xd9")


def jpeg_segment(mark, content):
    return b"\xff" + bytes([mark]) + struct.pack(">H", len(content) + 2) + content


# ---------------------------------------------------------------- TIFF

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
OFFSETS, SAMPLES_PER_PIXEL, ROWS, COUNTS, PLANAR = 273, 277, 278, 279, 284
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS, FORMAT = 322, 323, 324, 325, 339
NOT_COMPRESSED, DEFLATED = 1, 8
SHORT, LONG = 3, 4


def ifd(entries, following):
    """A directory of {tag: value}; a value is a number, which becomes a LONG, or (kind, count,
    number). `following` is the offset of the next directory."""
    packed = b""
    for tag, value in sorted(entries.items()):
        kind, count, number = value if isinstance(value, tuple) else (LONG, 1, value)
        packed += struct.pack("<HHI", tag, kind, count)
        packed += struct.pack("<HH" if kind == SHORT and count < 2 else "<I",
                              *([number, 0] if kind == SHORT and count < 2 else [number]))
    return struct.pack("<H", len(entries)) + packed + struct.pack("<I", following)


def grey_tiff(width, height, data=8, **more):
    """The entries of a picture whose bytes are at the offset `data`."""
    return {WIDTH: width, HEIGHT: height, BITS: (SHORT, 1, 8), COMPRESSION: (SHORT, 1, 1),
            PHOTOMETRIC: (SHORT, 1, 1), OFFSETS: data, SAMPLES_PER_PIXEL: (SHORT, 1, 1),
            ROWS: height, COUNTS: width * height, **more}


def tiff(entries, data=b"\0" * 64, following=0):
    """A header, the data from byte 8, then one directory."""
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + ifd(entries, following)


def looping_tiff():
    """A TIFF whose directory refers to itself as the next one."""
    data = b"\0" * 64
    return tiff(grey_tiff(8, 8), data, following=8 + len(data))


@functools.lru_cache(maxsize=None)
def tiff_of_pages(pages):
    """A TIFF with `pages` directories that share one picture."""
    data, entries = b"\0" * 64, grey_tiff(8, 8)
    length, start = len(ifd(entries, 0)), 8 + len(data)
    links = [start + length * number for number in range(1, pages)] + [0]
    return (b"II*\0" + struct.pack("<I", start) + data
            + b"".join(ifd(entries, link) for link in links))


@functools.lru_cache(maxsize=None)
def tiled_tiff(width, height, tile, deflates=True):
    """A picture that is smaller than its only tile."""
    data = zeros(tile * tile) if deflates else b"\0" * 64
    entries = grey_tiff(width, height)
    for tag in (OFFSETS, ROWS, COUNTS):
        del entries[tag]
    entries.update({COMPRESSION: (SHORT, 1, DEFLATED), TILE_WIDTH: tile, TILE_HEIGHT: tile,
                    TILE_OFFSETS: 8, TILE_COUNTS: len(data)})
    return tiff(entries, data)


@functools.lru_cache(maxsize=None)
def deep_tiff(width, height, samples, bits=64):
    """A TIFF with many samples in each pixel: floating point, one line in a strip, and all strips
    at the same offset."""
    line = zeros(width * samples * bits // 8)
    tables = 8 + len(line)
    data = (line + struct.pack("<I", 8) * height + struct.pack("<I", len(line)) * height)
    entries = grey_tiff(width, height)
    entries.update({BITS: (SHORT, 1, bits), COMPRESSION: (SHORT, 1, DEFLATED),
                    SAMPLES_PER_PIXEL: (SHORT, 1, samples), ROWS: 1,
                    OFFSETS: (LONG, height, tables), COUNTS: (LONG, height, tables + 4 * height),
                    PLANAR: (SHORT, 1, 1), FORMAT: (SHORT, 1, 3 if bits > 16 else 1)})
    return tiff(entries, data)
