"""A portrait that can be found again: every file that it is in carries a mark."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import av
import numpy as np
import PIL.Image
from PIL.PngImagePlugin import PngInfo

from fer.emotions import EMOTIONS
from tests import films
from tests.helpers import astronaut

MARK = "canary-5b3f9a7c41d2e860"
NAME = f"{MARK}-face"


def photo() -> bytes:
    """A JPEG with the mark as its comment."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(astronaut()).save(buffer, "JPEG", comment=MARK.encode())
    return buffer.getvalue()


def labelled_zip(split: str) -> bytes:
    """Faces in class folders, unpacked, each with the mark."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, emotion in enumerate(EMOTIONS * 2):
            face = np.ascontiguousarray(astronaut()[60 + number : 260 + number, 120:320])
            note, picture = PngInfo(), io.BytesIO()
            note.add_text("owner", MARK)
            PIL.Image.fromarray(face).save(picture, "PNG", pnginfo=note)
            archive.writestr(f"{split}/{emotion}/{MARK}-{number}.png", picture.getvalue())
    return buffer.getvalue()


def film(folder: Path, seconds: int) -> bytes:
    """A film with the mark as its title."""
    plain, titled = folder / "plain.mp4", folder / "titled.mp4"
    portrait = np.ascontiguousarray(astronaut()[:256, 96:352])
    films.write(plain, (np.roll(portrait, step % 5, 1) for step in range(10 * seconds)), 10)
    with av.open(str(plain)) as source, av.open(str(titled), "w") as target:
        target.metadata["title"] = MARK
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    data = titled.read_bytes()
    plain.unlink()
    titled.unlink()
    return data


def contents(*folders: Path) -> set[Path]:
    """All files and folders below some."""
    return {path for folder in folders for path in folder.rglob("*")}


def traces(*folders: Path) -> set[Path]:
    """Files that have the mark in their name or in what is in them."""
    return {
        path
        for path in contents(*folders)
        if MARK in path.name or (path.is_file() and MARK.encode() in path.read_bytes())
    }
