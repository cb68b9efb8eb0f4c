"""Pictures in any shape that people have them to RGB uint8 (H, W, 3), and back.

All limits on input and the only code for OpenCV's channel order live here.
"""

from fer.images.decoding import (
    MAX_BYTES,
    MAX_GIF_BYTES,
    MAX_PIXELS,
    Photo,
    decode,
    decode_photo,
    read,
    read_photo,
)
from fer.images.names import ENDINGS, FORMATS, display_name, display_path
from fer.images.sources import ImageSource, as_image, as_photo, from_array
from fer.images.transforms import bounded, encode_png, mirrored, turned
from fer.images.video_frames import empty_video_frame, from_video_frame, to_video_frame

__all__ = [
    "ENDINGS",
    "FORMATS",
    "MAX_BYTES",
    "MAX_GIF_BYTES",
    "MAX_PIXELS",
    "ImageSource",
    "Photo",
    "as_image",
    "as_photo",
    "bounded",
    "decode",
    "decode_photo",
    "display_name",
    "display_path",
    "empty_video_frame",
    "encode_png",
    "from_array",
    "from_video_frame",
    "mirrored",
    "read",
    "read_photo",
    "to_video_frame",
    "turned",
]
