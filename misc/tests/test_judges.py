# SPDX-License-Identifier: BSD-2-Clause
"""The judges of system tests find what is wrong, and only that."""
import copy
import unittest

import load

load.package("testbed/judges")
import trace_events  # noqa: E402

tool = load.script("testbed/judges/holm-tool")
cell_linux = load.script("testbed/judges/cell-linux")

NAMES = [{"ph": "M", "name": n, "pid": 1, "tid": 2, "args": {"name": "x"}}
         for n in ("process_name", "thread_name")]


def event(ph, ts, **more):
    """One event on the track (1, 2)."""
    return {"ph": ph, "name": "n", "pid": 1, "tid": 2, "ts": ts, **more}


def findings(*events):
    """What the checker says of a document of these events."""
    return list(trace_events.check({"traceEvents": [*NAMES, *events]}))


class TraceEvents(unittest.TestCase):
    """The trace-event format."""

    def test_good(self):
        self.assertEqual(findings(
            event("X", 0, dur=10), event("X", 2, dur=3),
            event("X", 5, dur=5), event("i", 3, s="t"),
            event("s", 2, id=1, cat="c"), event("t", 99, id=1, cat="c"),
            event("f", 4, id=1, cat="c", bp="e")), [])

    def test_fields(self):
        for bad in (event("Z", 0), event("X", 0), event("X", -1, dur=1),
                    event("X", "0", dur=1), event("i", True, s="t")):
            self.assertTrue(findings(bad), bad)

    def test_nesting(self):
        self.assertTrue(findings(event("X", 0, dur=10),
                                 event("X", 5, dur=10)))
        other = {**event("X", 5, dur=10), "tid": 3}
        names = [{**n, "tid": 3} for n in NAMES]
        self.assertEqual(findings(*names, event("X", 0, dur=10), other), [])

    def test_arrows(self):
        begin = event("s", 2, id=1, cat="c")
        end = event("f", 4, id=1, cat="c", bp="e")
        around = event("X", 0, dur=10)
        for bad in ((around, begin), (around, end), (begin, end),
                    (around, {**begin, "ts": 6}, end)):
            self.assertTrue(findings(*bad), bad)

    def test_names(self):
        events = [event("X", 0, dur=1)]
        self.assertTrue(list(trace_events.check({"traceEvents": events})))
        self.assertTrue(list(trace_events.check({"traceEvents": []})))
        self.assertTrue(list(trace_events.check({})))


MEMORY = {
    "spans": [
        {"base": 0, "bytes": 10, "kind": "service"},
        {"base": 10, "bytes": 5, "kind": "holm"},
        {"base": 15, "bytes": 128 << 20, "kind": "user"}],
    "vms": [{"name": "tool", "bytes": 128 << 20, "stage2_pages": 4,
             "mappings": [{"bytes": 128 << 20}]}]}


class HolmTool(unittest.TestCase):
    """What holm printed."""

    def test_files(self):
        log = "[   0.1] HOLM-FILE a\n[   0.2] {\"schema\":1,\n[  0.3] " \
              "\"x\":2}\n[   0.4] HOLM-END a\n[   0.5] other\n"
        found = tool.files(log)
        self.assertEqual(tool.parse(found, "a"), {"schema": 1, "x": 2})
        for text in ("{", "{\"schema\":2}"):
            with self.assertRaises(tool.Wrong):
                tool.parse({"a": text}, "a")
        with self.assertRaises(tool.Wrong):
            tool.parse(found, "b")

    def test_memory(self):
        tool.check_memory(MEMORY, {"hv_bytes": 5})
        with self.assertRaises(tool.Wrong):
            tool.check_memory(MEMORY, {"hv_bytes": 6})
        for break_it in (lambda d: d["spans"].pop(1),
                         lambda d: d["vms"][0].update(bytes=1),
                         lambda d: d["vms"][0]["mappings"].clear()):
            doc = copy.deepcopy(MEMORY)
            break_it(doc)
            with self.assertRaises(tool.Wrong):
                tool.check_memory(doc, {"hv_bytes": 5})

    def test_empty_log(self):
        with self.assertRaises(tool.Wrong):
            tool.judge("")


class CellLinux(unittest.TestCase):
    """What a Linux in a cell wrote to its port."""

    GOOD = ("CELL-LINUX up kernel=6.1 cpus=2 uptime=1\n"
            "CELL-LINUX poweroff\n[ 1.0] reboot: Power down\n")

    def test_good(self):
        self.assertEqual(cell_linux.judge(self.GOOD), "")

    def test_lines(self):
        for line in self.GOOD.splitlines(True):
            self.assertIn("does not show",
                          cell_linux.judge(self.GOOD.replace(line, "")))
        self.assertIn("cpus=2", cell_linux.judge(
            self.GOOD.replace("cpus=2", "cpus=1")))

    def test_complaints(self):
        self.assertIn("Kernel panic", cell_linux.judge(
            self.GOOD + "[ 2.0] Kernel panic - not syncing\n"))


if __name__ == "__main__":
    unittest.main()
