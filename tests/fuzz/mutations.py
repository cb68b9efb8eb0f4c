"""Sound files, damaged: the same bytes for the same numbers."""

from __future__ import annotations

import random
import re

_EDGES = (0, 1, 0x7F, 0x80, 0xFF)
_WIDE = (
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x00" * 4,
    b"\x80\x00\x00\x00",
)
_TEXTS = (
    *(
        "-1",
        "0",
        "1e999",
        "NaN",
        "99999999999999999999",
        "null",
        "true",
        '""',
        "[]",
        "{}",
        "[" * 400,
    ),
    *(
        '{"a":' * 100,
        '"\\ud800"',
        "'",
        '"',
        ",",
        "\t",
        "\0",
        "\ufeff",
        "é",
        "=cmd",
        "../../x",
        "\r\n",
    ),
)
_TOKEN = re.compile(rb"-?\d+(?:\.\d+)?|\"[^\"]*\"|[a-z]+|[,:\t]")
LONGEST = 1 << 20


def of_bytes(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One to eight changes: bits, bytes, wide numbers, pieces cut, doubled or of another file."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        if not made:
            break
        at = chance.randrange(len(made))
        size = chance.choice((1, 2, 4, 16, 256, len(made) // 2 or 1))
        match chance.randrange(8):
            case 0:
                made[at] ^= 1 << chance.randrange(8)
            case 1:
                made[at] = chance.choice(_EDGES)
            case 2:
                made[at : at + 4] = chance.choice(_WIDE)
            case 3:
                del made[at : at + size]
            case 4:
                made[at:at] = made[at : at + size]
            case 5:
                other = chance.choice(others)
                start = chance.randrange(len(other))
                made[at : at + size] = other[start : start + size]
            case 6:
                del made[at:]
            case 7:
                made[at : at + size] = chance.randbytes(size)
    return bytes(made[:LONGEST])


def of_text(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Words and numbers replaced, doubled or taken away; one in four as `of_bytes`."""
    if chance.random() < 0.25:
        return of_bytes(data, others, chance)
    made = data
    for _ in range(chance.choice((1, 1, 2, 4))):
        tokens = list(_TOKEN.finditer(made))
        if not tokens:
            break
        token = chance.choice(tokens)
        new = chance.choice((*_TEXTS, "", token[0].decode("latin-1") * 2)).encode("utf-8", "ignore")
        made = made[: token.start()] + new + made[token.end() :]
    return made[:LONGEST]
