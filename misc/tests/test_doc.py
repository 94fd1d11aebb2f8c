# SPDX-License-Identifier: BSD-2-Clause
"""The tables of documents say what the code says, or nothing."""
import unittest

import load

load.package("doc")
import source  # noqa: E402

states = load.script("doc/states")
calls = load.script("doc/calls")
doc = load.script("doc/doc")

LIST = '''#define VM_STATES(X)              \\
	X(CREATED, "exists, "      \\
		   "idle (yet)")   \\
	X(DYING, "ends")

'''


class Source(unittest.TestCase):
    """Reading C."""

    def test_rows(self):
        body = source.macro(LIST, "VM_STATES")
        self.assertEqual(source.rows(body), [
            ["CREATED", "exists, idle (yet)"], ["DYING", "ends"]])

    def test_missing(self):
        for reader in (source.macro, source.array):
            with self.assertRaises(source.Unreadable):
                reader("int a;\n", "vm_next")

    def test_array(self):
        text = "u32 vm_next[N] = {\n\t[A] = TO(B) |\n\t\tTO(C),\n\t[B] = 0,\n};"
        found = source.array(text, "vm_next")
        self.assertEqual(list(found), ["A", "B"])
        self.assertEqual(states.followers(found["A"], "TO", "ABC"),
                         ["B", "C"])
        self.assertEqual(states.followers(found["B"], "TO", "ABC"), [])

    def test_unknown_state(self):
        for expr in ("TO(X)", "GO(A)", "1", "TO(A) + TO(B)"):
            with self.assertRaises(source.Unreadable):
                states.followers(expr, "TO", ["A", "B"])


class Tree(unittest.TestCase):
    """The code as it is."""

    def test_vm(self):
        found = {s: then for s, _, then in states.states("vm")}
        self.assertEqual(found["DYING"], [])
        for state, then in found.items():
            self.assertEqual("DYING" in then, state != "DYING")

    def test_forms(self):
        for kind in states.KINDS:
            found = states.states(kind)
            edges = sum(len(then) for _, _, then in found)
            dot = "\n".join(states.as_dot(kind, found))
            self.assertEqual(dot.count(" -> "), edges)
            drawn = "\n".join(states.as_mermaid(kind, found))
            ends = sum(not then for _, _, then in found)
            self.assertEqual(drawn.count(" --> "), edges + 1 + ends)
            table = "\n".join(states.as_table(kind, found))
            for state, text, _ in found:
                self.assertIn(f"| {state} | {text} |", table)

    def test_calls(self):
        found = calls.calls()
        self.assertEqual({name: nr for name, nr, *_ in found},
                         calls.numbers())
        self.assertTrue(all(text for *_, text in found))


class Doc(unittest.TestCase):
    """Blocks and links."""

    def test_block(self):
        head = "a\n<!-- generated: misc/doc/states vm --table -->\n"
        tail = "<!-- end -->\nb\n"
        new = doc.renew(head + "old\n" + tail)
        self.assertTrue(new.startswith(head) and new.endswith(tail))
        self.assertNotIn("old", new)
        self.assertIn("| RUNNING |", new)
        self.assertEqual(doc.renew(new), new)

    def test_foreign_command(self):
        text = "<!-- generated: rm -r build -->\nx\n<!-- end -->\n"
        self.assertEqual(doc.renew(text), text)
        text = "<!-- generated: misc/doc/../x -->\nx\n<!-- end -->\n"
        self.assertEqual(doc.renew(text), text)

    def test_link(self):
        found = doc.LINK.findall("[a](b.md) [c](d/e.md#f) [g](#h)")
        self.assertEqual(found, ["b.md", "d/e.md"])


if __name__ == "__main__":
    unittest.main()
