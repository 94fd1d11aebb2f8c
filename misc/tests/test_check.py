# SPDX-License-Identifier: BSD-2-Clause
"""The counter of `make check` cannot be fooled by silence."""
import unittest

import load

check = load.script("check/check")


class Judge(unittest.TestCase):
    """(passed, failed) from what a suite printed and returned."""

    def test_tap(self):
        out = "ok 1 - a\nnot ok 2 - b\n\tok - c\nokay\nlook ok 1\n"
        self.assertEqual(check.judge(check.count_tap, out, 1), (2, 1))

    def test_skipped_is_neither(self):
        out = "ok 1 - a\nnot ok 2 # SKIP b\nok 3 - c # SKIP\n"
        self.assertEqual(check.judge(check.count_tap, out, 0), (1, 0))

    def test_crash_counts(self):
        self.assertEqual(check.judge(check.count_tap, "ok 1 - a\n", 2),
                         (1, 1))

    def test_silence_counts(self):
        self.assertEqual(check.judge(check.count_tap, "", 0), (0, 1))

    def test_summary_takes_the_last(self):
        out = "3 passed, 1 failed\n5 passed, 0 failed\n"
        self.assertEqual(check.judge(check.count_summary, out, 0), (5, 0))

    def test_build(self):
        self.assertEqual(check.judge(check.count_status, "", 2), (0, 1))
        self.assertEqual(check.judge(check.count_status, "", 0), (1, 0))

    def test_unittest(self):
        out = "Ran 7 tests in 1s\n\nFAILED (failures=2, errors=1)\n"
        self.assertEqual(check.judge(check.count_unittest, out, 1), (4, 3))
        self.assertEqual(check.judge(check.count_unittest, "Ran 7 tests in "
                                     "1s\n\nOK\n", 0), (7, 0))


if __name__ == "__main__":
    unittest.main()
