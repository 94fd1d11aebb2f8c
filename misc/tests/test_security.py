# SPDX-License-Identifier: BSD-2-Clause
"""doc/security.md names tests; each of them exists, and each claim has one."""
import re
import tomllib
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TEST = re.compile(r"`(\w+):([\w-]+)`")
UNIT, DM = "hypervisor/tests/unit", "devicemodel/tests"
FUZZ = ("hypervisor/tests/fuzz", "devicemodel/tests/fuzz",
        "tools/tests/fuzz")


def table_names(path):
    """The names of a table of machines."""
    doc = tomllib.loads((TOP / path).read_text())
    return {entry["name"] for entry in doc["test"]}


def has_file(name, *folders):
    """A C file of that name in one of the folders."""
    return any((TOP / f / f"{name}.c").exists() for f in folders)


SYSTEM = table_names("misc/testbed/tests.toml")
TINY = table_names("hypervisor/tests/guest/tests.toml")
KINDS = {
    "system": lambda name: name in SYSTEM,
    "tiny": lambda name: name in TINY,
    "unit": lambda name: has_file(name, UNIT),
    "dm": lambda name: has_file(name, DM),
    "fuzz": lambda name: has_file(name, *FUZZ),
    "driver": lambda name: has_file(name, "sos_kernel_patches/tests"),
}


def read_claims(text):
    """(claim, what shows it) of each row of the tables that have claims."""
    rows, inside = [], False
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("| claim |"):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not cells[0].startswith("---"):
            rows.append((cells[0], cells[1] if len(cells) > 1 else ""))
    return rows


def find_faults(text):
    """Claims without tests, and tests that do not exist."""
    for claim, shown in read_claims(text):
        named = TEST.findall(shown)
        if not named:
            yield f"'{claim}' names no test"
        for kind, name in named:
            if kind not in KINDS or not KINDS[kind](name):
                yield f"'{claim}': there is no {kind}:{name}"


class Security(unittest.TestCase):
    """The page, and that its judge can judge."""

    def test_page(self):
        """Every claim has tests, and they exist."""
        text = (TOP / "doc/security.md").read_text()
        self.assertGreater(len(read_claims(text)), 20)
        self.assertEqual(list(find_faults(text)), [])

    def test_judge(self):
        """A claim without a test, or with one that is not there, is told."""
        head = "| claim | shown by |\n|---|---|\n"
        self.assertEqual(len(list(find_faults(head + "| a | hope |\n"))), 1)
        self.assertEqual(len(list(find_faults(
            head + "| a | `unit:test_pool` `unit:no_such` |\n"))), 1)
        self.assertEqual(list(find_faults(
            head + "| a | `unit:test_pool` |\n")), [])


if __name__ == "__main__":
    unittest.main()
