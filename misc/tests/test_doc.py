# SPDX-License-Identifier: BSD-2-Clause
"""The tables of documents say what the code says, or nothing."""
import subprocess
import unittest

import load

load.package("doc")
import source  # noqa: E402

states = load.script("doc/states")
calls = load.script("doc/calls")
pages = load.script("doc/pages")
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


class Pages(unittest.TestCase):
    """Man pages, completion, reference."""

    def test_tables(self):
        found = {(n, v): o for n, v, _, o, _ in pages.tables.commands()}
        self.assertIn("timeout", found["vm", "stop"])
        numbers = [nr for nr, _ in pages.tables.statuses()]
        self.assertEqual(numbers, list(range(len(numbers))))
        names = [n for _, n, _, _ in pages.tables.dm_options()]
        self.assertIn("run-dir", names)
        self.assertEqual(names[0], "memory")

    def test_all_is_told(self):
        text = {p: "\n".join(make()) for p, make in pages.PAGES.items()}
        for noun, verb, _, options, about in pages.tables.commands():
            self.assertIn(f"holm {noun} {verb}", text["man-holm"])
            self.assertIn(f"holm {noun} {verb}", text["reference"])
            self.assertIn(f"{noun}.{verb})", text["completion"])
            self.assertIn(pages.roff(about), text["man-holm"])
        for letter, name, _, about in pages.tables.dm_options():
            self.assertIn(pages.roff("--" + name), text["man-dm"])
            self.assertIn(pages.roff(about), text["man-dm"])

    def test_form(self):
        self.assertEqual(pages.roff("a-b\\c"), "a\\-b\\ec")
        self.assertEqual(pages.roff(".x"), "\\&.x")
        for page in ("man-holm", "man-dm"):
            lines = pages.PAGES[page]()
            self.assertIn("SPDX-License-Identifier", lines[0])
            self.assertTrue(lines[2].startswith(".TH "))

    def test_completion(self):
        asked = ("COMP_WORDS=(holm %s); COMP_CWORD=%d; _holm; "
                 'echo "${COMPREPLY[*]}"')
        want = {"v": "vm", "vm st": "stats stop", "vm stop --f": "--force",
                "vm console --port ": "com1 com2", "trace --sec": "--seconds",
                "vm stop d": "demo", "hv trace --events exi": "exit"}
        script = "\n".join(pages.completion()) + \
            "\nholm() { echo demo; echo other; }\n"
        for line, answer in want.items():
            words = line.split(" ")
            run = subprocess.run(
                ["bash", "-c", script + asked % (
                    " ".join(f"'{w}'" for w in words), len(words))],
                capture_output=True, text=True, check=True)
            self.assertEqual(run.stdout.strip(), answer, line)


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
