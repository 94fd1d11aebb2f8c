# SPDX-License-Identifier: BSD-2-Clause
"""The rows that have peers or a past, as bars on a logarithmic scale."""
import math
from html import escape

WIDTH = 900
LABEL = 300
BAR = 9
GAP = 10
TOP = 46
COLOURS = ["#1f5fa8", "#8a8a8a", "#c8963c", "#a84a32"]


def text(x, y, what, **extra):
    """One label."""
    more = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in extra.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(str(what))}</text>'


class Scale:
    """From a number to a place."""

    def __init__(self, largest):
        self.decades = max(1, math.ceil(math.log10(largest)))

    def x(self, value):
        """Distance from the bars' left end; 1 is there."""
        part = math.log10(max(value, 1)) / self.decades
        return (WIDTH - LABEL - 60) * part


def bars(row, columns, scale, y):
    """The bars of one row, its target as a line across Holm's."""
    values = [("Holm", row.value)] + [
        (c["title"], row.peers[c["id"]]) for c in columns
        if c["id"] in row.peers]
    order = ["Holm"] + [c["title"] for c in columns]
    out = [text(LABEL - 8, y + BAR, row.name, text_anchor="end")]
    for title, value in values:
        colour = COLOURS[order.index(title) % len(COLOURS)]
        size = scale.x(value)
        out.append(f'<rect x="{LABEL}" y="{y}" width="{size:.1f}" '
                   f'height="{BAR}" fill="{colour}"/>')
        out.append(text(LABEL + size + 4, y + BAR - 1, value))
        y += BAR + 1
    at = LABEL + scale.x(row.target)
    top = y - len(values) * (BAR + 1) - 2
    out.append(f'<path d="M{at:.1f} {top}v{BAR + 4}" stroke="#000" '
               'stroke-width="2"/>')
    return out, y + GAP


def legend(columns):
    """Which colour is whose."""
    out = []
    for i, title in enumerate(["Holm"] + [c["title"] for c in columns]):
        x = LABEL + 90 * i
        out.append(f'<rect x="{x}" y="26" width="10" height="10" '
                   f'fill="{COLOURS[i % len(COLOURS)]}"/>')
        out.append(text(x + 14, 35, title))
    out.append(text(LABEL + 90 * (len(columns) + 1), 35, "| target"))
    return out


def svg(table, rows):
    """The whole picture."""
    shown = [r for r in rows if r.peers or r.before]
    largest = max((v for r in shown for v in [r.value, *r.peers.values()]),
                  default=1)
    scale = Scale(largest)
    body = [text(LABEL, 16, "Instructions per operation", font_size="14")]
    body += legend(table.columns)
    y = TOP
    for row in shown:
        part, y = bars(row, table.columns, scale, y)
        body += part
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{y}" font-family="sans-serif" font-size="11">\n'
            f'<rect width="{WIDTH}" height="{y}" fill="#fff"/>\n'
            + "\n".join(body) + "\n</svg>\n")
