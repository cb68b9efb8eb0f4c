"""Places in this server that visitors share: so many in all, and fewer for any one of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fer.errors import FerError


class NoPlace(FerError):
    """All places, or all that one visitor may have, are taken."""


@dataclass(frozen=True, slots=True)
class Places:
    """``Places(3, 2, "evaluations are at work")``: `taken` completes a sentence."""

    most: int
    most_of_one: int
    taken: str

    def check(self, visitor: str, holders: Iterable[str]) -> None:
        """Raises `NoPlace` where the visitor cannot have one more beside the present holders."""
        held = list(holders)
        if len(held) >= self.most:
            raise NoPlace(f"{self.most} {self.taken} on this server. Wait until one is done.")
        if held.count(visitor) >= self.most_of_one:
            raise NoPlace(
                f"{self.most_of_one} of your own {self.taken}. Wait until one is done, or end it: "
                "the other places are for other visitors."
            )

    def has_one(self, visitor: str, holders: Iterable[str]) -> bool:
        """Whether the visitor can have one more."""
        try:
            self.check(visitor, holders)
        except NoPlace:
            return False
        return True
