"""A camera for Chromium: a film of a QR code that somebody holds askew, as a file that it plays in place of a lens."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import segno

WIDTH, HEIGHT, FRAMES = 640, 480, 8


def film_code(path: Path, text: str, *, degrees: float = 23.0, side: int = 330) -> Path:
    """Write a film of a rotated QR code on a grey table, each frame a little further turned.

    Args:
        path: of the file, ending in .y4m.
        text: what the code says.
        degrees: by how much it is turned.
        side: of the code with its margin, in pixels.

    Returns:
        The path.
    """
    margin = 4
    dark = np.pad(np.array([list(row) for row in segno.make_qr(text, error="m").matrix], dtype=bool), margin)
    chroma = bytes([128]) * (WIDTH * HEIGHT // 4)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for frame in range(FRAMES):
            out.write(b"FRAME\n" + _frame(dark, degrees + frame / 2, side).tobytes() + chroma * 2)
    return path


def _frame(dark: np.ndarray, degrees: float, side: int) -> np.ndarray:
    angle = math.radians(degrees)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    x, y = x - WIDTH / 2, y - HEIGHT / 2
    scale = dark.shape[0] / side
    column = np.floor((x * math.cos(angle) + y * math.sin(angle) + side / 2) * scale).astype(int)
    row = np.floor((y * math.cos(angle) - x * math.sin(angle) + side / 2) * scale).astype(int)
    is_on = (column >= 0) & (row >= 0) & (column < dark.shape[1]) & (row < dark.shape[0])
    paper = np.where(dark[np.where(is_on, row, 0), np.where(is_on, column, 0)], 30, 225)
    return np.where(is_on, paper, 120).astype(np.uint8)
