"""The pictures that the benchmark works on, made of photographs by the `vips` command. Each is made
once and kept."""

import pathlib
import subprocess

import PIL.Image

PHOTOGRAPH = "Kleiber_by_Lukas_Baubkus.jpg"
DETAILED = "Infinite-Sea_by_Aury88.jpg"

# Name, the photograph it is made of, width, height, quality.
JPEGS = [("20mp.jpg", PHOTOGRAPH, 5472, 3648, 85),
         ("2mp.jpg", PHOTOGRAPH, 1732, 1155, 85),
         ("5mp.jpg", PHOTOGRAPH, 2736, 1824, 85),
         ("10mp.jpg", PHOTOGRAPH, 3870, 2580, 85),
         ("40mp.jpg", PHOTOGRAPH, 7740, 5160, 85),
         ("80mp.jpg", PHOTOGRAPH, 10944, 7296, 85),
         ("1mb.jpg", PHOTOGRAPH, 2736, 1824, 90),
         ("20mb.jpg", PHOTOGRAPH, 5472, 3648, 100)]


def vips(*words):
    subprocess.run(["vips", *map(str, words)], check=True, capture_output=True, timeout=120)


def make(folder, photographs):
    """The folder, filled."""
    folder = pathlib.Path(folder)
    complete = folder / "complete"
    if complete.exists() and complete.read_text() == str(JPEGS):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, photograph, width, height, quality in JPEGS:
        vips("thumbnail", photographs / photograph, f"{folder / name}[Q={quality},strip]", width,
             "--height", height, "--size", "force")
    vips("thumbnail", photographs / DETAILED, f"{folder / 'photo.webp'}[Q=85,strip]", 1600)
    vips("thumbnail", photographs / DETAILED, f"{folder / 'photo.avif'}[Q=60,strip]", 1600)
    make_png(folder, photographs / PHOTOGRAPH)
    make_animation(folder, photographs / DETAILED)
    make_file(folder, photographs / PHOTOGRAPH)
    complete.write_text(str(JPEGS))
    return folder


def make_png(folder, photograph):
    """1.5 megapixels with a soft-edged alpha."""
    vips("thumbnail", photograph, folder / "rgb.v", 1500, "--height", 1000, "--size", "force")
    vips("grey", folder / "ramp.v", 1500, 1000, "--uchar")
    vips("bandjoin", f"{folder / 'rgb.v'} {folder / 'ramp.v'}", f"{folder / 'alpha.png'}[strip]")
    for name in ("rgb.v", "ramp.v"):
        (folder / name).unlink()


def make_animation(folder, photograph):
    """Twelve frames of 400 by 300 that pan over a photograph."""
    wide = PIL.Image.open(photograph).convert("RGB").resize((640, 300))
    frames = [wide.crop((left, 0, left + 400, 300)) for left in range(0, 240, 20)]
    for name in ("moving.gif", "moving.webp"):
        frames[0].save(folder / name, save_all=True, append_images=frames[1:], duration=80, loop=0)


def make_file(folder, photograph):
    """About 30 KB, delivered as it stands."""
    vips("thumbnail", photograph, f"{folder / 'file.jpg'}[Q=85,strip]", 640)
