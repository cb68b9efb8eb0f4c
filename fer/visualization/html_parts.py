"""The pieces of an HTML file that opens offline; every text is escaped here."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import plotly.offline

from fer import images
from fer.geometry import Image

_FACE_SIDE = 96
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; margin: 0 auto;
  max-width: 1080px; padding: 1rem 1.2rem 3rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #ddd;
  vertical-align: top; }
.charts { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); }
.charts > div { min-width: 0; }
.faces { display: flex; flex-wrap: wrap; gap: .8rem; padding: 0; list-style: none; }
.faces li { width: 150px; font-size: 13px; overflow-wrap: anywhere; }
.faces img { width: 96px; height: 96px; display: block; image-rendering: pixelated; }
"""


def document(title: str, body: Iterable[str]) -> str:
    """A whole file with plotly's script inside; its policy forbids it to load anything else."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<script>{plotly.offline.get_plotlyjs()}</script></head>\n"
        f"<body><h1>{escape(title)}</h1>\n" + "\n".join(body) + "</body></html>\n"
    )


def face_list(items: Iterable[tuple[str, str, Image | None]]) -> str:
    """Faces with a caption and the source of each; without a picture the text alone."""
    lines = []
    for caption, source, face in items:
        picture = ""
        if face is not None:
            small, _ = images.bounded(np.ascontiguousarray(face), _FACE_SIDE)
            data = base64.b64encode(images.encode_png(small)).decode()
            picture = f'<img alt="" src="data:image/png;base64,{data}">'
        lines.append(f"<li>{picture}{escape(caption)}<br>{escape(source)}</li>")
    return f'<ul class="faces">{"".join(lines)}</ul>' if lines else paragraph("None.")


def bullets(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def grid(figures: Sequence[go.Figure]) -> str:
    """Plots side by side, as many as there is room for."""
    return f'<div class="charts">{"".join(map(wide, figures))}</div>'


def wide(figure: go.Figure) -> str:
    """A plot as wide as the page."""
    drawn: str = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        config={"displaylogo": False, "responsive": True},
    )
    return drawn


def section(title: str, *parts: str) -> list[str]:
    return [f"<h2>{escape(title)}</h2>", *parts]


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = []
    if head:
        lines.append("".join(f"<th>{escape(cell)}</th>" for cell in head))
    lines += ["".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def percent(value: float | None, interval: Sequence[float] | None = None) -> str:
    if value is None:
        return "–"
    if interval is None:
        return f"{value:.1%}"
    return f"{value:.1%} ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"


def decimal(value: float | None, interval: Sequence[float] | None = None) -> str:
    if value is None:
        return "–"
    bounds = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
    return f"{value:.3f}{bounds}"
