"""A small SVG writer: every attribute and every text is escaped, no style attribute is ever written."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Literal

from django.utils.safestring import SafeString, mark_safe

Tone = Literal["guided", "partly", "aimless", "cost", "benefit", "stop", "mark", "ink", "soft"]
Anchor = Literal["start", "middle", "end"]

TEXT_SIZE = 11.5
_INKS = {"guided", "partly", "aimless", "cost", "benefit", "stop"}


def paint(tone: Tone) -> str:
    """Return the colour that draws `tone`: lines, bars, dots."""
    return f"var(--{tone})"


def ink(tone: Tone) -> str:
    """Return the colour that writes `tone`; it passes AA where the drawing colour may not."""
    return f"var(--{tone}-ink)" if tone in _INKS else "var(--ink)" if tone == "ink" else "var(--soft)"


def num(value: float) -> str:
    """Return a coordinate with one decimal at most, and no minus zero."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(name: str, *children: str, **attributes: str | float | None) -> str:
    """Return one element; `stroke_width=2` becomes stroke-width, None leaves an attribute out, children are markup."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{num(value) if isinstance(value, int | float) else escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    body = "".join(children)
    return f"<{name}{written}>{body}</{name}>" if body else f"<{name}{written}/>"


def text(
    x: float,
    y: float,
    words: str,
    *,
    fill: str = "var(--soft)",
    size: float = TEXT_SIZE,
    bold: bool = False,
    anchor: Anchor = "start",
    halo: bool = False,
) -> str:
    """Return one line of text; a halo in the card's colour keeps it legible on top of a line."""
    return element(
        "text",
        escape(str(words)),
        x=x,
        y=y,
        fill=fill,
        font_size=num(size),
        font_weight="600" if bold else None,
        text_anchor=anchor if anchor != "start" else None,
        stroke="var(--card)" if halo else None,
        stroke_width=4 if halo else None,
        stroke_linejoin="round" if halo else None,
        paint_order="stroke" if halo else None,
    )


def line(x1: float, y1: float, x2: float, y2: float, stroke: str = "var(--line)", dash: str | None = None) -> str:
    """Return a hairline."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_dasharray=dash)


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """Return the path data through `points`, with H and V where a stretch is level or upright."""
    parts: list[str] = []
    before: tuple[float, float] | None = None
    across = down = ""
    for x, y in points:
        if before is None:
            across, down = num(x), num(y)
            parts.append(f"M{across} {down}")
        elif x != before[0] and y != before[1]:
            across, down = num(x), num(y)
            parts.append(f"L{across} {down}")
        elif x != before[0]:  # a stretch of stairs moves one way only: half of the numbers need no writing
            if (text := num(x)) != across:
                parts.append(f"H{text}")
                across = text
        elif y != before[1] and (text := num(y)) != down:
            parts.append(f"V{text}")
            down = text
        before = (x, y)
    return "".join(parts)


def picture(
    width: float, height: float, title: str, description: str, body: Iterable[str], **attributes: str
) -> SafeString:
    """Return the whole picture with its name and description for those who cannot see it."""
    head = element("title", escape(str(title))) + (element("desc", escape(str(description))) if description else "")
    root = {"viewBox": f"0 0 {num(width)} {num(height)}", "width": num(width), "height": num(height), "role": "img"}
    return mark_safe(element("svg", head, *body, **root, **attributes))  # noqa: S308  (every part is escaped above)
