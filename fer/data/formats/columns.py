"""What others call the columns of labelled faces, in small letters; the usual names come first."""

LABEL = (
    *("emotion", "label", "labels", "emotions", "class", "target", "expression", "category"),
    *("emotion_label", "emotion label", "class_label", "class_name", "emotion_id", "label_id"),
)
PIXELS = ("pixels", "pixel", "pixel_values", "pixel values", "image_pixels")
USAGE = ("usage", "split", "set", "subset", "partition", "fold", "phase", "dataset_type")
FILE = (
    *("file", "filename", "file_name", "image", "img", "path", "filepath", "file_path", "name"),
    *("image_name", "image name", "image_path", "image_file", "image_id", "pic", "picture", "id"),
)
PICTURE = ("png", "image", "img", "picture", "jpg", "bytes")
