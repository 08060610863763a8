"""Pictures with harmful metadata: ICC profiles, EXIF and text that are huge, refer to themselves,
contradict their lengths or are invalid."""

import functools
import struct
import zlib

import bombs
import pictures

# ---------------------------------------------------------------- where metadata stand

def in_jpeg(*segments, size=(60, 40)):
    """Inserts segments, (marker, content), after the first two bytes."""
    whole = pictures.quarters(*size, "JPEG")
    return whole[:2] + b"".join(bombs.jpeg_segment(*one) for one in segments) + whole[2:]


def in_png(*chunks):
    """Inserts chunks, (kind, content), after the header."""
    whole = pictures.quarters(60, 40)
    return whole[:33] + b"".join(bombs.png_chunk(*one) for one in chunks) + whole[33:]


def in_webp(kind, content, flags):
    before, after = (kind == b"ICCP", content), (kind != b"ICCP", content)
    chunks = [bombs.riff_chunk(kind, part) if is_there else b"" for is_there, part in
              (before, after)]
    return bombs.extended_webp(60, 40, chunks[0], bombs.lossless_webp(60, 40), chunks[1],
                               flags=flags)


# ---------------------------------------------------------------- ICC.1

def profile(size=128, space=b"RGB ", tags=b"", kind=b"mntr"):
    head = bytearray(128)
    head[0:4] = struct.pack(">I", size)
    head[8:12] = b"\x04\x30\0\0"
    head[12:24] = kind + space + b"XYZ "
    head[36:40] = b"acsp"
    head[68:80] = struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    content = bytes(head) + (tags or struct.pack(">I", 0))
    return content + bytes(max(0, size - len(content)))


def profile_with_tables(grid=255, size=4096, declared=None):
    """An A2B0 table of three inputs with so many grid points each: 255 x 255 x 255 would be 100 MB,
    which are missing."""
    table = (b"mft2" + bytes(4) + bytes([3, 3, grid, 0]) + struct.pack(">9i", *[65536, 0, 0, 0] * 2,
                                                                       65536)
             + struct.pack(">HH", 4096, 4096))
    tags = struct.pack(">I4sII", 1, b"A2B0", 144, declared or size - 144)
    return profile(size, tags=tags + table)


def profile_of_itself():
    """A profile in which each tag refers to the whole profile."""
    names = [b"A2B0", b"desc", b"wtpt", b"rTRC", b"gTRC", b"bTRC", b"rXYZ", b"psid"]
    tags = struct.pack(">I", len(names)) + b"".join(struct.pack(">4sII", name, 0, 1024)
                                                    for name in names)
    return profile(1024, tags=tags)


def profile_of_many_tags(count=0xFFFFFFFF):
    return profile(2048, tags=struct.pack(">I", count))


def icc_in_jpeg(content):
    """Splits the profile into parts of 64 KB, of which a JPEG can number 255."""
    parts = [content[at:at + 65519] for at in range(0, len(content), 65519)][:255]
    return in_jpeg(*((0xE2, b"ICC_PROFILE\0" + bytes([number, len(parts)]) + part)
                     for number, part in enumerate(parts, 1)))


def icc_in_png(content, deflated=None):
    return in_png((b"iCCP", b"x\0\0" + (deflated or zlib.compress(content, 9))))


def icc_in_webp(content):
    return in_webp(b"ICCP", content, flags=0x20)


# ---------------------------------------------------------------- EXIF

ORIENTATION, EXIF_FOLDER, GPS_FOLDER = 0x0112, 0x8769, 0x8825

# Of the first folder, such as EXIF knows: of each kind one may hold text.
KNOWN_TAGS = [0x010D, 0x010E, 0x010F, 0x0110, 0x011D, 0x0131, 0x013B, 0x013C, 0x8298, 0x9C9B,
              0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F, 0xC4A5]


def exif(entries, following=0, size=0):
    """Little-endian EXIF; entries are (tag, kind, count, value)."""
    content = b"II*\0" + struct.pack("<IH", 8, len(entries))
    content += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    content += struct.pack("<I", following)
    return content + bytes(max(0, size - len(content)))


def turned_to(orientation):
    return exif([(ORIENTATION, 3, 1, orientation)])


def looping_exif():
    """A directory that refers to itself as the next one and as its own subdirectories."""
    folders = [(EXIF_FOLDER, 4, 1, 8), (GPS_FOLDER, 4, 1, 8), (ORIENTATION, 3, 1, 6)]
    return exif(folders, following=8)


@functools.lru_cache(maxsize=None)
def repeating_exif(size, entries=None):
    """Every entry claims all of the remaining bytes."""
    count = entries or min((size // 2 - 20) // 12, 65535)
    rest = size - 14 - 12 * count
    return exif([(KNOWN_TAGS[number % len(KNOWN_TAGS)], 2, rest, 14 + 12 * count)
                 for number in range(count)], size=size)


def exif_in_jpeg(content):
    return in_jpeg((0xE1, b"Exif\0\0" + content))


def exif_in_png(content):
    return in_png((b"eXIf", content))


def exif_in_webp(content):
    return in_webp(b"EXIF", content, flags=8)


# ---------------------------------------------------------------- text

def deflated_text_in_png(megabytes, times=1):
    packed = b"Comment\0\0" + bombs.zeros(megabytes << 20)
    return in_png(*[(b"zTXt", packed)] * times)


def texts_in_png(count):
    return in_png(*((b"tEXt", b"Key%d\0value" % number) for number in range(count)))
