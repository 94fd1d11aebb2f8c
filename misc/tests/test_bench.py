# SPDX-License-Identifier: BSD-2-Clause
"""The bench: rows from figures, what a console means, the picture."""
import unittest
import xml.dom.minidom
from pathlib import Path

import load

load.package("bench")
load.package("testbed")
from counting import machine, plot, rows  # noqa: E402


def table():
    """The table of the tree."""
    return rows.Table(load.MISC / "bench/rows.toml")


def figures_for(tab, value):
    """A figure for everything a row names; what is taken off is less."""
    rows_ = [row for g in tab.groups for row in g["rows"]]
    found = {row[k]: value for row in rows_ for k in ("figure", "over")
             if k in row}
    less = {row[k]: 1 for row in rows_ for k in ("less", "over_less")
            if k in row}
    return found | less


class Rows(unittest.TestCase):
    """Arithmetic and what is left out."""

    def test_compute(self):
        figures = {"a/x": 130, "a/y": 20, "b/x": 110, "b/y": 10}
        row = {"figure": "a/x"}
        self.assertEqual(rows.compute(figures, row), 130)
        row["less"] = "a/y"
        self.assertEqual(rows.compute(figures, row), 110)
        row |= {"over": "b/x", "over_less": "b/y"}
        self.assertEqual(rows.compute(figures, row), 10.0)

    def test_met_is_at_most(self):
        self.assertTrue(rows.Row("g", "n", 5, 5).met)
        self.assertFalse(rows.Row("g", "n", 6, 5).met)

    def test_before(self):
        self.assertEqual(rows.target_of({"before": 370}), 407)
        self.assertEqual(rows.target_of({"before": 6}), 9)
        self.assertEqual(rows.target_of({"target": 370}), 370)
        text = ('{ name = "a", figure = "r/a (b)", before = 3 },\n'
                '{ name = "a", figure = "r/a", before = 3 },\n')
        row = rows.Row("g", "a", 17, 3, {}, "r/a (b)", 3)
        got = rows.remember(text, [row, rows.Row("g", "a", 5, 3, {}, "r/a")])
        self.assertEqual(got, text.replace("3 }", "17 }", 1))
        tab = table()
        self.assertIn("intel", tab.runs_with_before())
        self.assertNotIn("user", tab.runs_with_before())

    def test_rows_name_runs_that_exist(self):
        tab = table()
        names = {r["name"] for r in tab.runs}
        for group in tab.groups:
            for row in group["rows"]:
                self.assertLessEqual(rows.runs_of(row), names, row)

    def test_a_figure_that_was_not_printed(self):
        tab = table()
        runs = {r["name"] for r in tab.runs}
        with self.assertRaises(machine.RunError):
            tab.fill({}, runs)
        self.assertEqual(tab.fill({}, set()), [])

    def test_text(self):
        tab = table()
        got = tab.fill(figures_for(tab, 100), {r["name"] for r in tab.runs}
                       - {"boot"})
        text = tab.text(got)
        self.assertRegex(text, r"(?m)^hypercall +100 +300 .* met$")
        self.assertIn(f"of {len(got)} targets met", text)
        record = tab.record(got, {})
        self.assertEqual(record["rows"][0]["kvm"], 3160)


class Console(unittest.TestCase):
    """What a machine printed."""

    def run_of(self, **keys):
        return machine.DEFAULTS | {"name": "n"} | keys

    def test_verdict(self):
        tiny = self.run_of(bed="tiny")
        good = "BENCH x: 5\r\nPASS bench\r\nDONE 1 passed, 0 failed\r\n"
        self.assertEqual(machine.verdict(tiny, good), "")
        self.assertTrue(machine.verdict(tiny, "BENCH x: 5\n"))
        self.assertTrue(machine.verdict(tiny, "FAIL bench: no\n" + good))
        linux = self.run_of(bed="holm", test="t")
        self.assertTrue(machine.verdict(linux, "BENCH x: 5\n"))
        done = "HOLM-TEST t PASS\n"
        self.assertTrue(machine.verdict(linux, done))
        self.assertEqual(machine.verdict(linux, "BENCH x: 5\n" + done), "")

    def test_figures(self):
        self.assertEqual(machine.FIGURE.findall("BENCH a, b's (c): 17\r\n"),
                         [("a, b's (c)", "17")])

    def test_counted_unless_told(self):
        for run in table().runs:
            cmd = machine.Machine(Path("/b"), "6.1").command(run)
            self.assertEqual("-icount" in cmd, run.get("counted", True)
                             and not run.get("cpu"))


class Picture(unittest.TestCase):
    """The SVG."""

    def test_every_row_with_peers(self):
        tab = table()
        got = tab.fill(figures_for(tab, 100), {r["name"] for r in tab.runs})
        doc = xml.dom.minidom.parseString(plot.svg(tab, got))
        words = [t.firstChild.data for t in doc.getElementsByTagName("text")]
        for row in got:
            if row.peers or row.before:
                self.assertIn(row.name, words)


if __name__ == "__main__":
    unittest.main()
