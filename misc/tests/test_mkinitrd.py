# SPDX-License-Identifier: BSD-2-Clause
"""The initramfs writer against a reader of its own."""
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

import load


def read_cpio(data):
    """{name: (mode, content, (major, minor))}"""
    found, pos = {}, 0
    while True:
        head = data[pos:pos + 110]
        assert head[:6] == b"070701", head
        num = [int(head[6 + 8 * i:14 + 8 * i], 16) for i in range(13)]
        name = data[pos + 110:pos + 110 + num[11] - 1].decode()
        start = (pos + 110 + num[11] + 3) & ~3
        if name == "TRAILER!!!":
            return found
        found[name] = (num[1], data[start:start + num[6]],
                       (num[9], num[10]))
        pos = (start + num[6] + 3) & ~3


class MkInitrd(unittest.TestCase):
    """Runs the command as the build does."""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.dir = Path(tmp.name)

    def make(self, manifest, *names):
        (self.dir / "manifest").write_text(manifest)
        return subprocess.run(
            [load.MISC / "testbed/mkinitrd", self.dir / "out",
             self.dir / "manifest", *names], capture_output=True, text=True)

    def test_kinds(self):
        (self.dir / "x").write_bytes(b"hello")
        run = self.make("node /dev/console 600 c 5 1  # comment\n"
                        "file /a/b/x 755 ${DIR}/x\nlink /sh a/b/x\n"
                        "file? /no 644 ${DIR}/none\n", f"DIR={self.dir}")
        self.assertEqual(run.returncode, 0, run.stderr)
        got = read_cpio((self.dir / "out").read_bytes())
        self.assertEqual(got["dev/console"],
                         (stat.S_IFCHR | 0o600, b"", (5, 1)))
        self.assertEqual(got["a/b/x"][:2], (stat.S_IFREG | 0o755, b"hello"))
        self.assertEqual(got["sh"][:2], (stat.S_IFLNK | 0o777, b"a/b/x"))
        self.assertTrue(stat.S_ISDIR(got["a"][0]))
        self.assertNotIn("no", got)

    def test_reproducible(self):
        (self.dir / "x").write_bytes(b"hello")
        self.make("file /x 644 ${D}/x\n", f"D={self.dir}")
        first = (self.dir / "out").read_bytes()
        (self.dir / "x").unlink()
        (self.dir / "x").write_bytes(b"hello")
        self.make("file /x 644 ${D}/x\n", f"D={self.dir}")
        self.assertEqual(first, (self.dir / "out").read_bytes())

    def test_mistakes_name_the_line(self):
        for text in ("dir /a 755\nfile /x 644 /nowhere\n",
                     "dir /a 755\nfifo /x 644\n", "dir /a 755\ndir /b 9\n",
                     "dir /a 755\nfile /x 644 ${UNKNOWN}\n"):
            run = self.make(text)
            self.assertNotEqual(run.returncode, 0)
            self.assertIn("manifest:2: ", run.stderr)
            self.assertFalse((self.dir / "out").exists())


if __name__ == "__main__":
    unittest.main()
