"""Frames of a video to RGB pictures, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fer.errors import BadImage
from fer.geometry import Image
from fer.images.sources import from_array

if TYPE_CHECKING:
    from av import VideoFrame


def from_video_frame(
    frame: VideoFrame, longest: int, shown: tuple[int, int] | None = None
) -> Image:
    """A decoded frame of a video as RGB (H, W, 3), its longer side at most `longest` pixels.

    `shown`: the width and height that it is shown at, where its pixels are not square.
    Raises `BadImage` where the frame has no pixels that can be converted.
    """
    stored = frame.width, frame.height
    sides = shown or stored
    scale = min(1.0, longest / max(1, *sides))
    width, height = (max(1, round(side * scale)) for side in sides)
    try:
        if (width, height) != stored:
            frame = frame.reformat(width=width, height=height)
        return from_array(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
    except (ValueError, OSError) as error:  # ffmpeg's errors are both
        raise BadImage(f"a frame of the video cannot be converted: {error}.") from None


def to_video_frame(image: Image) -> VideoFrame:
    """An RGB picture as a frame for a video, in the encoders' own YUV: OpenCV gets there in a fifth
    of their time. Encoders need even sides: the last row or column is repeated where one is odd."""
    from av import VideoFrame  # a fifth of a second that commands need not spend

    height, width = image.shape[:2]
    if height % 2 or width % 2:
        border = (0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        image = np.asarray(cv2.copyMakeBorder(image, *border), np.uint8)
    planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420), np.uint8)
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def empty_video_frame(frame: VideoFrame) -> VideoFrame:
    """A grey frame of the same size, rounded up to even sides."""
    return to_video_frame(np.full((max(1, frame.height), max(1, frame.width), 3), 128, np.uint8))
