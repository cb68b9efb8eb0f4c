"""What many pictures held: counts, shares of the expressions, and the least sure faces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fer import images
from fer.emotions import EMOTIONS
from fer.inference import detection

UNSURE = "unsure"
_LEAST = 3


class Summary:
    """Counts records one by one; its memory does not grow with them."""

    def __init__(self) -> None:
        self.pictures = self.faces = self.without_face = self.unread = 0
        self._labels: Counter[str] = Counter()
        self._least_sure: list[tuple[float, str]] = []
        self._limits = (0, 0)
        self._was_tiled = False

    def add(self, record: Mapping[str, Any]) -> None:
        self.pictures += 1
        if "error" in record:
            self.unread += 1
            return
        faces = record["faces"]
        self.faces += len(faces)
        self.without_face += not faces
        for number, face in enumerate(faces, start=1):
            self._labels[UNSURE if face["uncertain"] else face["label"]] += 1
            text = f"{images.display_name(record['file'])} face {number}, {face['label']}"
            self._least_sure.append((face["confidence"], text))
        self._least_sure = sorted(self._least_sure)[:_LEAST]
        self._add_search(record.get("searched"))

    def sentences(self) -> list[str]:
        """For people: what there was, the shares, the least sure, and what may have been missed."""
        found = [self._counts()]
        if self.faces:
            shares = [
                f"{label} {self._labels[label] / self.faces:.0%}"
                for label in (*EMOTIONS, UNSURE)
                if self._labels[label]
            ]
            least = "; ".join(f"{text} {share:.0%}" for share, text in self._least_sure)
            found += [f"shares of the faces: {', '.join(shares)}.", f"least sure: {least}."]
        return found

    def search_note(self) -> str | None:
        """Where faces may have been missed because they were too small."""
        number, smallest = self._limits
        if not number:
            return None
        pictures = "1 picture was" if number == 1 else f"{number:,} pictures were"
        advice = "" if self._was_tiled else " Use --search thorough to find them."
        return (
            f"{pictures} not searched at full size: faces smaller than {smallest} pixels may be "
            f"missed.{advice}"
        )

    def _counts(self) -> str:
        parts = [_number(self.pictures, "picture"), _number(self.faces, "face")]
        if self.without_face:
            parts.append(f"{self.without_face:,} without a face")
        if self.unread:
            parts.append(f"{self.unread:,} could not be read")
        return f"{', '.join(parts)}."

    def _add_search(self, searched: Mapping[str, int] | None) -> None:
        if not searched:
            return
        self._was_tiled |= bool(searched["tiles_total"])
        if searched["smallest_face"] > detection.SMALLEST_FACE:
            number, smallest = self._limits
            self._limits = number + 1, max(smallest, searched["smallest_face"])


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
