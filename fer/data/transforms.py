"""What happens to pictures on their way: turned, shrunk, compressed. Plain OpenCV.

Pixels are uint8 (H, W) or (H, W, C); what comes from outside the picture repeats its border,
unless said otherwise.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def moved(
    face: Pixels,
    right: float = 0.0,
    down: float = 0.0,
    degrees: float = 0.0,
    scale: float = 1.0,
    border: int = cv2.BORDER_REPLICATE,
) -> Pixels:
    """Turned counter-clockwise and scaled about the middle, then shifted by shares of the sides;
    `border` is OpenCV's way to fill what comes from outside."""
    height, width = face.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, scale)
    turn[0, 2] += right * width
    turn[1, 2] += down * height
    done = cv2.warpAffine(face, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=border)
    return _as_before(done, face)


def relit(face: Pixels, gain: float, brighter: float = 0.0) -> Pixels:
    """Contrast about mid-grey times `gain`, then brighter by a share of the range."""
    levels = (np.arange(256) - 128) * gain + 128 + 255 * brighter
    return _as_before(cv2.LUT(face, np.clip(levels, 0, 255).astype(np.uint8)), face)


def gamma_corrected(face: Pixels, gamma: float) -> Pixels:
    """Levels to the power of `gamma`: below 1 brighter, above 1 darker; black and white stay."""
    levels = 255 * (np.arange(256) / 255) ** gamma
    return _as_before(cv2.LUT(face, np.round(levels).astype(np.uint8)), face)


def locally_equalized(face: Pixels, limit: float) -> Pixels:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994) on 3×3 tiles."""
    clahe = cv2.createCLAHE(clipLimit=limit, tileGridSize=(3, 3))
    channels = [clahe.apply(np.ascontiguousarray(face[..., i])) for i in range(face.shape[2])]
    return np.stack(channels, axis=-1).astype(np.uint8)


def sharpened(face: Pixels, amount: float) -> Pixels:
    """Unsharp masking: what a blur takes away is added `amount` times."""
    soft = cv2.GaussianBlur(face, (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
    return _as_before(cv2.addWeighted(face, 1 + amount, soft, -amount, 0), face)


def blurred(face: Pixels, sigma: float) -> Pixels:
    """A Gaussian blur; `sigma` in pixels."""
    return _as_before(cv2.GaussianBlur(face, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), face)


def motion_blurred(face: Pixels, length: float, degrees: float) -> Pixels:
    """The mean along a line of `length` pixels in the direction `degrees`."""
    side = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((side, side), np.float32)
    step = 0.5 * length * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    start, end = side // 2 - step, side // 2 + step
    cv2.line(kernel, np.rint(start).astype(int).tolist(), np.rint(end).astype(int).tolist(), 1.0)
    kernel /= kernel.sum()
    return _as_before(cv2.filter2D(face, -1, kernel, borderType=cv2.BORDER_REPLICATE), face)


def with_noise(face: Pixels, levels: float, random: np.random.Generator) -> Pixels:
    """Gaussian noise with a standard deviation in grey levels, the same in all channels."""
    noise = random.standard_normal((*face.shape[:2], 1), np.float32) * np.float32(levels)
    return np.clip(face + noise, 0, 255).astype(np.uint8)


def resampled(
    face: Pixels, share: float, shrink: int = cv2.INTER_AREA, enlarge: int = cv2.INTER_LINEAR
) -> Pixels:
    """Shrunk to a share of its sides and enlarged again; OpenCV's interpolations."""
    small = cv2.resize(face, None, fx=share, fy=share, interpolation=shrink)
    size = face.shape[1], face.shape[0]
    return _as_before(cv2.resize(small, size, interpolation=enlarge), face)


def through_jpeg(face: Pixels, quality: int) -> Pixels:
    """Enlarged four times, compressed and shrunk again, as faces cut from web pictures are."""
    size = face.shape[1], face.shape[0]
    large = cv2.resize(face, (size[0] * 4, size[1] * 4), interpolation=cv2.INTER_LINEAR)
    _, data = cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    return _as_before(cv2.resize(read, size, interpolation=cv2.INTER_AREA), face)


def _as_before(done: object, face: Pixels) -> Pixels:
    """OpenCV drops the channel axis of grey pictures (H, W, 1)."""
    return np.asarray(done, np.uint8).reshape(face.shape)
