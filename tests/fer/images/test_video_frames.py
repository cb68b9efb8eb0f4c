"""Frames of a video to pictures and back."""

from __future__ import annotations

import av
import numpy as np
import pytest

from fer import images
from fer.errors import BadImage


@pytest.mark.parametrize("size", [(1, 1), (33, 77), (480, 640), (75, 2)])
def test_a_video_frame_gives_its_pixels_and_goes_back_with_even_sides(
    size: tuple[int, int],
) -> None:
    picture = np.full((*size, 3), (200, 90, 30), np.uint8)
    frame = images.to_video_frame(picture)
    assert (frame.width % 2, frame.height % 2) == (0, 0)
    back = images.from_video_frame(frame, 1280)
    np.testing.assert_allclose(back[: size[0], : size[1]], picture, atol=4)


def test_a_large_video_frame_is_made_smaller() -> None:
    frame = images.to_video_frame(np.zeros((2160, 3840, 3), np.uint8))
    assert images.from_video_frame(frame, 1280).shape == (720, 1280, 3)
    assert images.from_video_frame(frame, 1).shape == (1, 1, 3)


def test_a_video_frame_that_cannot_be_converted_is_a_sentence() -> None:
    frame = av.VideoFrame(0, 0, "yuv420p")
    with pytest.raises(BadImage, match="cannot be converted"):
        images.from_video_frame(frame, 1280)
