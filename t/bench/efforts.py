"""The tables of encoder efforts: CPU, bytes and quality of every effort of every format over a small
corpus, by the module's own encoders, and where the knee is. Measures through the program `efforts`
and prints; with --write the tables go into docs/transformations.md and the figures beside this file.

    /usr/bin/python3 t/bench/efforts.py [--write] [--from FIGURES] [--photographs FOLDER]

--from makes the tables of kept figures again, unmeasured: after a default has changed,
`--from t/bench/efforts.tsv --write` marks the new one."""

import argparse
import collections
import io
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from PIL import Image, ImageDraw, ImageFont

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/bench"
PAGE = ROOT / "docs/transformations.md"
BEGIN = "<!-- efforts: written by t/bench/efforts.py -->"
END = "<!-- efforts: end -->"
FIGURES = ROOT / "t/bench/efforts.tsv"

# A bird before a blurred ground, saturated colours with hard edges, mountains, grass out of focus.
PHOTOGRAPHS = ("Kleiber_by_Lukas_Baubkus.jpg", "Picture_0B_by_freespace.jpg",
               "picosdeeuropa_by_Aitzol_Berasategi.jpg", "seeding_by_Clements_Engelhardt.jpg")
WIDTHS = (800, 1600)
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"

NAMES = {"jpeg": "JPEG", "png": "PNG", "webp": "WebP", "webp lossless": "WebP, lossless",
         "avif": "AVIF", "gif": "GIF", "jxl": "JPEG XL"}

Figures = collections.namedtuple("Figures", "seconds bytes psnr ssim")


# The corpus

def graphic():
    """What a shop's logo has: flat colour, soft edges, type, a gradient, transparency."""
    side = 800
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((40, 40, 760, 760), 120, fill=(24, 60, 140, 255))
    for step in range(200):
        draw.line((140, 520 + step, 660, 520 + step), fill=(240, 120 + step // 2, 40, 255 - step))
    draw.ellipse((180, 130, 420, 370), fill=(250, 200, 30, 255))
    draw.ellipse((330, 130, 570, 370), fill=(250, 250, 250, 160))
    draw.text((150, 400), "gallery", font=ImageFont.truetype(FONT, 130), fill=(255, 255, 255, 255))
    small = image.resize((side // 2, side // 2), Image.LANCZOS)  # softens the edges
    return small.resize((side, side), Image.LANCZOS)


def animation(photograph):
    """Twelve frames: a photograph passes by, and a ball before it."""
    image = Image.open(photograph).convert("RGB")
    image.thumbnail((480, 480))
    frames = []
    for number in range(12):
        frame = image.crop((number * 10, 10, number * 10 + 320, 230))
        ImageDraw.Draw(frame).ellipse((20 + 20 * number, 80, 80 + 20 * number, 140),
                                      fill=(30, 60, 200))
        frames.append(frame)
    target = io.BytesIO()
    frames[0].save(target, "WEBP", save_all=True, append_images=frames[1:], duration=80,
                   lossless=True)
    return target.getvalue()


def corpus(photographs, folder):
    """Kind, file, width."""
    for width in WIDTHS:
        for name in PHOTOGRAPHS:
            yield "photograph", photographs / name, width
    graphic().save(folder / "graphic.png")
    yield "graphic", folder / "graphic.png", 800
    (folder / "animation.webp").write_bytes(animation(photographs / PHOTOGRAPHS[1]))
    yield "animation", folder / "animation.webp", 0


# Measuring

def build():
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    if not (BUILD / "build.ninja").exists():
        subprocess.run(["cmake", "-S", ROOT / "t/bench", "-B", BUILD, "-G", "Ninja"], **quiet)
    subprocess.run(["ninja", "-C", BUILD, "-j", str(os.cpu_count()), "efforts"], **quiet)


def machine():
    """What the figures were measured with."""
    version = subprocess.run(["pkg-config", "--modversion", "vips"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip()
    processor = re.search(r"^model name\s*: (.+)$", pathlib.Path("/proc/cpuinfo").read_text(),
                          re.MULTILINE)
    return f"libvips {version}, {processor[1] if processor else 'an unknown processor'}"


def measure(photographs):
    build()
    lines = [f"# {machine()}"]
    with tempfile.TemporaryDirectory() as folder:
        for kind, file, width in corpus(photographs, pathlib.Path(folder)):
            print(f"efforts: {file.name}, {width or 'animated'}", file=sys.stderr, flush=True)
            done = subprocess.run([BUILD / "efforts", kind, file, str(width)], check=True,
                                  stdout=subprocess.PIPE, text=True)
            lines += [f"{file.name}\t{line}" for line in done.stdout.splitlines()]
    return lines


# What follows from the figures

def read(lines):
    """{(kind, width): {group: {effort: {picture: figures}}}}, and the same at a higher quality."""
    plain, better = (collections.defaultdict(lambda: collections.defaultdict(
        lambda: collections.defaultdict(dict))) for _ in range(2))
    for line in lines:
        if line.startswith("#"):
            continue
        picture, kind, width, _, group, effort, mark, *numbers = line.split("\t")
        seconds, size, psnr, ssim = map(float, numbers)
        target = better if mark else plain
        target[kind, int(width)][group][effort][picture] = Figures(seconds, size, psnr, ssim)
    return plain, better


def defaults():
    """The efforts of src/render/renderer.hpp, by format."""
    text = (ROOT / "src/render/renderer.hpp").read_text().partition("defaultEncoders{{")[2]
    pairs = re.findall(r"\{\d+, (\d+)\},\s*// (\w+)", text.partition("}};")[0])
    return {name: effort for effort, name in pairs} | {"jpeg": "baseline"}


def default_of(group):
    return defaults()[group.partition(" ")[0]]


def decibels(ssim):
    return -10 * math.log10(max(1 - ssim, 1e-9))


def bytes_per_decibel(plain, better, picture):
    """By how much the logarithm of the bytes grows with one decibel of similarity, learnt from the
    effort that was measured at two qualities; nothing where there is no quality to set."""
    for effort, pictures in better.items():
        if picture in pictures:
            low, high = plain[effort][picture], pictures[picture]
            return (math.log(high.bytes / low.bytes)
                    / (decibels(high.ssim) - decibels(low.ssim)))
    return 0


def at_equal_quality(figures, default, slope):
    """Its bytes over the default's, were its quality so set that both were equally similar."""
    gained = decibels(figures.ssim) - decibels(default.ssim)
    return figures.bytes / default.bytes * math.exp(-slope * gained)


def mean(values):
    values = list(values)
    return math.fsum(values) / len(values)  # the same for every version of Python


Row = collections.namedtuple("Row", "milliseconds kilobytes psnr ssim percent")


def rows(measured, better, default):
    """Of every effort that no picture was too large for, the means; bytes in percent of the
    default's."""
    slopes = {name: bytes_per_decibel(measured, better, name) for name in measured[default]}
    found = {}
    for effort, pictures in measured.items():
        if len(pictures) < len(slopes):
            continue
        ratios = [math.log(at_equal_quality(one, measured[default][name], slopes[name]))
                  for name, one in pictures.items()]
        means = [mean(values) for values in zip(*pictures.values())]
        found[effort] = Row(1000 * means[0], means[1] / 1000, means[2], means[3],
                            100 * math.exp(mean(ratios)))
    return found


def in_three_digits(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def cells(found, with_quality):
    if found is None:
        return ["–"] * (5 if with_quality else 3)
    quality = (["–", "–"] if math.isinf(found.psnr) else [f"{found.psnr:.1f}", f"{found.ssim:.4f}"])
    return [in_three_digits(found.milliseconds), in_three_digits(found.kilobytes),
            *(quality if with_quality else []), f"{found.percent:.0f} %"]


def table(figures, columns, heads):
    """One row for each effort; a default is bold. `columns`: (kind, width), quality too."""
    plain, better = figures
    lines = ["| Format | Effort | " + " | ".join(heads) + " |", "|---" * (2 + len(heads)) + "|"]
    for group in [one for one in NAMES if any(one in plain[place] for place, _ in columns)]:
        default = default_of(group)
        found = [rows(plain[place][group], better[place][group], default)
                 if group in plain[place] else {} for place, _ in columns]
        for effort in dict.fromkeys(effort for one in found for effort in one):
            words = [NAMES[group], effort]
            for one, (_, with_quality) in zip(found, columns):
                words += cells(one.get(effort), with_quality)
            if effort == default:
                words = [word if word == "–" else f"**{word}**" for word in words]
            lines.append("| " + " | ".join(words) + " |")
    return lines


# Not GIF, which has no quality to trade for bytes.
JUDGED = ("png", "webp", "avif", "jxl")
WORTH = 0.05    # of the bytes, that a doubling of CPU has to save
NOISE = 1.1     # times that differ by less are the same


def saved_per_doubling(low, high):
    doublings = math.log2(max(high.milliseconds / low.milliseconds, NOISE))
    return 1 - (high.percent / low.percent) ** (1 / doublings)


def knee(found):
    """The last effort that is worth its CPU."""
    efforts = list(found)
    here = efforts[0]
    while later := efforts[efforts.index(here) + 1:]:
        best = max(later, key=lambda effort: saved_per_doubling(found[here], found[effort]))
        if saved_per_doubling(found[here], found[best]) < WORTH:
            break
        here = best
    return here


def judgement(figures):
    """Where the knees are, and which defaults are elsewhere."""
    plain, better = ({group: one["photograph", 800][group] for group in JUDGED} for one in figures)
    knees = {group: knee(rows(plain[group], better[group], default_of(group)))
             for group in JUDGED if plain[group]}
    text = (f"The last effort for which a doubling of CPU saves {100 * WORTH:.0f} % of the bytes of "
            "photographs:\n"
            + ", ".join(f"{NAMES[group]} {effort}" for group, effort in knees.items()) + ".")
    elsewhere = [f"{NAMES[group]} {default_of(group)}" for group, effort in knees.items()
                 if default_of(group) != effort]
    return text + (f" Defaults that are elsewhere: {', '.join(elsewhere)}." if elsewhere else "")


def tables(lines):
    figures = read(lines)
    few, many = ["CPU, ms", "KB", "bytes"], ["CPU, ms", "KB", "PSNR", "SSIM", "bytes"]
    photographs = table(figures, [(("photograph", 800), True), (("photograph", 1600), False)],
                        ["800 px: " + many[0], *many[1:], "1600 px: " + few[0], *few[1:]])
    others = table(figures, [(("graphic", 800), True), (("animation", 0), True)],
                   ["graphic: " + many[0], *many[1:], "animation: " + many[0], *many[1:]])
    return "\n".join([f"With {lines[0].removeprefix('# ')}; photographs:", "", *photographs, "",
                      "A graphic with alpha, 800x800, and an animation, twelve frames of 320x220:",
                      "", *others, "", judgement(figures)])


def shown():
    """The text between the markers of the page."""
    _, begin, rest = PAGE.read_text().partition(BEGIN + "\n")
    text, end, _ = rest.partition("\n" + END)
    assert begin and end, f"{PAGE} has no place for the tables: {BEGIN} … {END}"
    return text


def write(text):
    PAGE.write_text(PAGE.read_text().replace(f"{BEGIN}\n{shown()}\n{END}",
                                             f"{BEGIN}\n{text}\n{END}"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--from", dest="figures", type=pathlib.Path)
    parser.add_argument("--photographs", type=pathlib.Path, default=ROOT / "build/photos")
    chosen = parser.parse_args()
    lines = (chosen.figures.read_text().splitlines() if chosen.figures
             else measure(chosen.photographs))
    text = tables(lines)
    print(text)
    if chosen.write:
        FIGURES.write_text("\n".join(lines) + "\n")
        write(text)


if __name__ == "__main__":
    main()
