"""AVIF containers whose sizes, grids or extents contradict their content. Takes the coded picture
out of a genuine file and packs it into another container."""

import struct

# ---------------------------------------------------------------- AV1

SEQUENCE_HEADER = 1


def leb128(number):
    packed = bytearray()
    while True:
        packed.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(packed)


def units(stream):
    """Yields (first byte, content) of each unit of a stream. All units declare their size."""
    at = 0
    while at < len(stream):
        first, at, size, shift = stream[at], at + 1, 0, 0
        while True:
            byte, at = stream[at], at + 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield first, stream[at:at + size]
        at += size


def resized_sequence(content, width, height):
    """The content of a sequence header with another frame size, which has 16 bits a side."""
    bits = "".join(f"{byte:08b}" for byte in content)
    # A reduced header, or one with one operating point.
    at = 5 + 5 if bits[4] == "1" else 3 + 1 + 1 + 1 + 1 + 5 + 12 + 5
    if bits[4] == "0":
        assert bits[5:12] == "0" * 7
        at += int(bits[at - 5:at], 2) > 7
    across, down = (int(bits[place:place + 4], 2) + 1 for place in (at, at + 4))
    rest = bits[at + 8 + across + down:]
    bits = bits[:at] + "1111" * 2 + f"{width - 1:016b}{height - 1:016b}" + rest
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[place:place + 8], 2) for place in range(0, len(bits), 8))


def resized(stream, width, height):
    out = b""
    for first, content in units(stream):
        if first >> 3 & 15 == SEQUENCE_HEADER:
            content = resized_sequence(content, width, height)
        out += bytes([first]) + leb128(len(content)) + content
    return out


# ---------------------------------------------------------------- the container

def box(kind, *parts):
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + kind + content


def full_box(kind, *parts, version=0):
    return box(kind, struct.pack(">I", version << 24), *parts)


def parts_of(avif):
    """The coded picture of a genuine file and its decoder configuration (av1C)."""
    def content(kind):
        at = avif.index(kind)
        return avif[at + 4:at - 4 + int.from_bytes(avif[at - 4:at], "big")]
    return content(b"mdat"), content(b"av1C")


def grid_item(rows, columns, width, height):
    return struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, width, height)


def reference(kind, origin, targets):
    return box(kind, struct.pack(">HH", origin, len(targets)),
               *(struct.pack(">H", target) for target in targets))


def clean_aperture(length, divisor, offset):
    """A clap box with the same length and offset for width and height, over one divisor."""
    return box(b"clap", struct.pack(">II", length, divisor) * 2,
               struct.pack(">II", offset, divisor) * 2)


def container(items, size, configuration, tiles=0, extents=1, more=(), references=(),
              properties=(), owners=(1,), sizes=(), primary=1):
    """An AVIF file of `items`, which are pairs of kind and data. Numbers of items count from 1.

    primary: the number of the item that is the picture.
    size, sizes: the declared size of the first item, then of the others; without `sizes`, of all.
    tiles: how many times the first item, a grid, refers to the second.
    extents: how many times the location of the first item's data is repeated.
    properties, owners: additional properties, and the numbers of the items that have them.
    more, references: additional boxes of meta and iref.
    A kind may be longer than four letters: the rest ends the item's description."""
    infos = full_box(b"iinf", struct.pack(">H", len(items)), *(
        full_box(b"infe", struct.pack(">HH", number, 0), kind + b"\0", version=2)
        for number, (kind, _) in enumerate(items, 1)))
    references = list(references)
    if tiles:
        references.append(reference(b"dimg", 1, [2] * tiles))
    references = full_box(b"iref", *references) if references else b""
    declared = [size, *sizes]
    first = len(declared)
    shared = bytes([0x80 | first + 1, first + 2])
    owned = []
    for number in range(1, len(items) + 1):
        own = bytes([number if sizes else 1]) + shared
        if number in owners:
            own += bytes(first + 3 + place for place in range(len(properties)))
        owned.append(struct.pack(">HB", number, len(own)) + own)
    properties = box(b"iprp", box(b"ipco",
                                  *(full_box(b"ispe", struct.pack(">II", *each))
                                    for each in declared),
                                  box(b"av1C", configuration),
                                  full_box(b"pixi", b"\x03\x08\x08\x08"), *properties),
                     full_box(b"ipma", struct.pack(">I", len(items)), *owned))
    head = box(b"ftyp", b"avif", bytes(4), b"mif1miafavif")
    tail = b"".join(data for _, data in items)

    def meta(start):
        places = b""
        for number, (_, data) in enumerate(items, 1):
            times = extents if number == 1 else 1
            places += struct.pack(">HHH", number, 0, times)
            places += struct.pack(">II", start, len(data)) * times
            start += len(data)
        return full_box(b"meta", full_box(b"hdlr", bytes(4), b"pict", bytes(13)),
                        full_box(b"pitm", struct.pack(">H", primary)),
                        full_box(b"iloc", b"\x44\0", struct.pack(">H", len(items)), places),
                        infos, references, properties, *more)

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", tail)
