"""What a phone's camera sees: a video of one picture, a QR code or an empty wall, which a test can change under it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import segno

_WIDTH, _HEIGHT, _MODULE, _QUIET = 1280, 720, 6, 4
_WALL, _DARK, _LIGHT = 150, 30, 225  # nothing is black or white in the rain


@dataclass
class Camera:
    """A file that Chromium takes for a camera; it is read anew for every picture."""

    path: Path

    @property
    def options(self) -> tuple[str, ...]:
        """With which a browser has this camera."""
        return (
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={self.path}",
        )

    def hold(self, text: str | None) -> None:
        """Hold a code in front of it, or nothing."""
        picture = _picture(text) + bytes([128]) * (_WIDTH * _HEIGHT // 2)
        video = f"YUV4MPEG2 W{_WIDTH} H{_HEIGHT} F30:1 Ip A1:1 C420jpeg\nFRAME\n".encode() + picture
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.write(video)


def _picture(text: str | None) -> bytes:
    wall = bytes([_WALL])
    rows = [] if text is None else [_row(row) for row in segno.make(text, error="m").matrix_iter(border=_QUIET)]
    side = len(rows) * _MODULE
    left, top = (_WIDTH - side) // 2, (_HEIGHT - side) // 2
    empty = wall * _WIDTH
    drawn = [wall * left + row + wall * (_WIDTH - side - left) for row in rows for _ in range(_MODULE)]
    return b"".join([empty] * top + drawn + [empty] * (_HEIGHT - side - top))


def _row(modules: Iterable[int]) -> bytes:
    return b"".join(bytes([_DARK if dark else _LIGHT]) * _MODULE for dark in modules)
