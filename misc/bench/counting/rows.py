# SPDX-License-Identifier: BSD-2-Clause
"""The table: what is measured, what it should be, what others need."""
import re
import tomllib
from dataclasses import dataclass, field

from .machine import RunError

SCHEMA = 3
# Per cent by which compilers differ: a row may be so much above what it was.
LIMIT = 10
# And instructions, where that is less: loops around the operation differ too.
LEAST = 3


@dataclass
class Row:
    """One line of the table."""
    group: str
    name: str
    value: float
    target: float
    peers: dict = field(default_factory=dict)
    figure: str = ""
    before: int | None = None

    @property
    def met(self):
        """At most the target."""
        return self.value <= self.target


def difference(figures, row, what, less):
    """The figure that row[what] names, less that of row[less]."""
    value = figures[row[what]]
    return value - figures[row[less]] if less in row else value


def compute(figures, row):
    """The number that a row shows."""
    value = difference(figures, row, "figure", "less")
    if "over" not in row:
        return value
    base = difference(figures, row, "over", "over_less")
    return round(100 * (value - base) / base, 2)


def runs_of(row):
    """Names of the runs that a row needs."""
    keys = ("figure", "less", "over", "over_less")
    return {row[k].split("/", 1)[0] for k in keys if k in row}


def target_of(row):
    """At most so much: what was decided, or what it was before."""
    if "before" in row:
        before = row["before"]
        return max(before * (100 + LIMIT) // 100, before + LEAST)
    return row["target"]


def number(value):
    """As it is printed; None as a dash."""
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def remember(text, rows):
    """rows.toml with what the rows are now as what they were before."""
    for row in rows:
        if row.before is not None:
            text = re.sub(rf'(figure = "{re.escape(row.figure)}",.* before = )'
                          r"\d+", rf"\g<1>{row.value}", text)
    return text


class Table:
    """rows.toml, and what becomes of it."""

    def __init__(self, path):
        data = tomllib.loads(path.read_text())
        self.columns = data["columns"]
        self.runs = data["run"]
        self.groups = data["group"]

    def runs_with_before(self):
        """Names of the runs whose rows may not get worse."""
        return set().union(*(runs_of(row) for g in self.groups
                             for row in g["rows"] if "before" in row))

    def fill(self, figures, runs):
        """The rows whose runs took place."""
        rows = []
        for group in self.groups:
            for row in group["rows"]:
                if not runs_of(row) <= runs:
                    continue
                try:
                    value = compute(figures, row)
                except KeyError as err:
                    raise RunError(f"row '{row['name']}': no run printed "
                                   f"{err}") from err
                peers = {c["id"]: row[c["id"]] for c in self.columns
                         if c["id"] in row}
                rows.append(Row(group["title"], row["name"], value,
                                target_of(row), peers, row["figure"],
                                row.get("before")))
        return rows

    def text(self, rows):
        """The table for people."""
        lines, group = [], None
        wide = max((len(r.name) for r in rows), default=0) + 2
        heads = ["Holm", "target"] + [c["title"] for c in self.columns]
        for row in rows:
            if row.group != group:
                group = row.group
                lines += ["", group, " " * wide +
                          "".join(f"{h:>9}" for h in heads)]
            cells = [row.value, row.target] + [
                row.peers.get(c["id"]) for c in self.columns]
            lines.append(f"{row.name:{wide}}" +
                         "".join(f"{number(c):>9}" for c in cells) +
                         ("  met" if row.met else "  MISSED"))
        met = sum(r.met for r in rows)
        lines += ["", f"{met} of {len(rows)} targets met"]
        return "\n".join(lines[1:])

    def record(self, rows, figures):
        """All of it for programs."""
        return {"schema": SCHEMA,
                "rows": [{"group": r.group, "name": r.name, "holm": r.value,
                          "target": r.target, "met": r.met,
                          "before": r.before, **r.peers}
                         for r in rows],
                "figures": figures}
