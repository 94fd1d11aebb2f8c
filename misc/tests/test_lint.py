# SPDX-License-Identifier: BSD-2-Clause
"""Each rule of lint finds what it is for, and lets the good pass."""
import tempfile
import unittest
from pathlib import Path

import load

load.package("lint")
from rules import code, floors, text  # noqa: E402

SPDX = "/* SPDX-License-Identifier: BSD-2-Clause */\n"


class Rules(unittest.TestCase):
    """A small tree for each."""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.top = Path(tmp.name)

    def find(self, rule, path, content):
        full = self.top / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(content)
        return list(rule(self.top, [Path(path)]))

    def test_spdx(self):
        self.assertTrue(self.find(text.check_spdx, "a.c", "int a;\n"))
        self.assertFalse(self.find(text.check_spdx, "a.c", SPDX))
        self.assertFalse(self.find(
            text.check_spdx, "a", "#!/bin/sh\n# SPDX-License-Identifier: x\n"))

    def test_registry(self):
        self.assertTrue(self.find(text.check_registry, "a",
                                  "http://deb." + "debian.org/x\n"))
        self.assertFalse(self.find(text.check_registry, "a", "debian\n"))

    def test_length(self):
        self.assertTrue(self.find(text.check_length, "a.c", "x" * 81 + "\n"))
        self.assertTrue(self.find(text.check_length, "a.c", "\t" * 10 + "xx"))
        self.assertTrue(self.find(text.check_length, "a.c", "\n" * 801))
        self.assertFalse(self.find(
            text.check_length, "a.c",
            "/* clang-format off */\n" + "x" * 99 + "\n"))

    def test_floors(self):
        up = '#include "vm/vm.h"\n'
        self.assertTrue(self.find(floors.check_floors, "hypervisor/mem/a.c",
                                  up))
        self.assertTrue(self.find(floors.check_floors, "hypervisor/mem/a.c",
                                  '#include "pool.h"\n'))
        self.assertFalse(self.find(floors.check_floors, "hypervisor/run/a.c",
                                   up + '#include "abi/holm.h"\n'))

    def test_seam(self):
        word = "u64 vmcb_pa;\n"
        self.assertTrue(self.find(floors.check_seam, "hypervisor/run/a.c",
                                  word))
        self.assertFalse(self.find(floors.check_seam, "hypervisor/run/a.c",
                                   "/* the VMCB */\n"))
        self.assertFalse(self.find(
            floors.check_seam, "hypervisor/arch/x86/svm/a.c", word))

    def test_conditional(self):
        self.assertTrue(self.find(code.check_conditional, "a.c", "#ifdef X\n"))
        self.assertFalse(self.find(code.check_conditional, "a.h",
                                   "#ifdef X\n"))

    def test_functions(self):
        long = "void f(void)\n{\n" + "\tg();\n" * 98 + "}\n"
        self.assertTrue(self.find(code.check_functions, "a.c", long))
        self.assertFalse(self.find(code.check_functions, "a.c",
                                   long.replace("\tg();\n", "", 1)))
        self.assertTrue(self.find(
            code.check_functions, "a.c",
            "int f(int a, int b, int c, int d, int e, int g, int h)\n{\n}\n"))

    def test_depth(self):
        self.assertTrue(self.find(code.check_depth, "a.c",
                                  "\t\t\t\t\tif (x)\n"))
        self.assertFalse(self.find(code.check_depth, "a.c", "\t\t\tif (x)\n"))

    def test_guards(self):
        self.assertTrue(self.find(code.check_guards, "mem/a.h", "int a;\n"))
        self.assertFalse(self.find(code.check_guards, "mem/a.h",
                                   "#ifndef MEM_A_H\n"))

    def test_scripts(self):
        self.assertTrue(self.find(code.check_scripts, "s",
                                  "#!/bin/sh\nif true\n"))
        self.assertTrue(self.find(code.check_scripts, "s.py", "def f(:\n"))
        self.assertFalse(self.find(code.check_scripts, "s",
                                   "#!/bin/sh\nexit 0\n"))


if __name__ == "__main__":
    unittest.main()
