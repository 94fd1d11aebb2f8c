# SPDX-License-Identifier: BSD-2-Clause
"""The backports source is derived from what the machine already has."""
import tempfile
import unittest
from pathlib import Path

import load

backports = load.script("setup/backports")

MIRROR = "http://mirror.example/debian"


class Backports(unittest.TestCase):
    """Each test is a little /etc/apt."""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.root = Path(tmp.name)
        (self.root / "etc/apt/sources.list.d").mkdir(parents=True)

    def write(self, name, text):
        (self.root / "etc/apt" / name).write_text(text)

    def enable(self):
        out = backports.enable(self.root, "bookworm")
        return out and (out.suffix, out.read_text())

    def test_deb822_keeps_options_and_key(self):
        self.write("sources.list.d/debian.sources", f"""\
# a comment
Types: deb deb-src
URIs: {MIRROR}
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/k.gpg

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
""")
        suffix, text = self.enable()
        self.assertEqual(suffix, ".sources")
        self.assertIn(f"Uris: {MIRROR}\n", text)
        self.assertIn("Suites: bookworm-backports\n", text)
        self.assertIn("Types: deb\n", text)
        self.assertIn("Signed-By: /usr/share/keyrings/k.gpg\n", text)
        self.assertNotIn("security", text)

    def test_embedded_key_survives(self):
        self.write("sources.list.d/a.sources", f"""\
Types: deb
URIs: {MIRROR}
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
""")
        self.assertIn("\n .\n abc\n", self.enable()[1])

    def test_one_line_keeps_options(self):
        self.write("sources.list", f"""\
# deb {MIRROR} bookworm-backports main
deb cdrom:[Debian 12]/ bookworm main
deb [arch=amd64 signed-by=/k.gpg] {MIRROR} bookworm main non-free # own
""")
        self.assertEqual(self.enable(), (
            ".list", f"deb [arch=amd64 signed-by=/k.gpg] {MIRROR} "
            "bookworm-backports main\n"))

    def test_enabled_already(self):
        self.write("sources.list", f"deb {MIRROR} bookworm main\n"
                   f"deb {MIRROR} bookworm-backports main\n")
        self.assertIsNone(self.enable())

    def test_second_time_does_nothing(self):
        self.write("sources.list", f"deb {MIRROR} bookworm main\n")
        self.assertIsNotNone(self.enable())
        self.assertIsNone(self.enable())

    def test_disabled_stanza_does_not_count(self):
        self.write("sources.list.d/a.sources", "Enabled: no\nTypes: deb\n"
                   f"URIs: {MIRROR}\nSuites: bookworm-backports\n"
                   "Components: main\n")
        self.write("sources.list", f"deb {MIRROR} bookworm main\n")
        self.assertIsNotNone(self.enable())

    def test_nothing_to_derive_from(self):
        self.write("sources.list", f"deb {MIRROR} trixie main\n")
        with self.assertRaises(SystemExit):
            self.enable()


if __name__ == "__main__":
    unittest.main()
