# SPDX-License-Identifier: BSD-2-Clause
"""Did QEMU run code that memory did not hold any more?

A CPU that changes an instruction makes TCG drop what it made of the old one,
and stores the new one after that. A CPU that comes by in between translates
the old one once more, and keeps it (accel/tcg/cputlb.c: notdirty_write() is
called before the store). Linux puts a breakpoint where it changes code that
others run, waits for all of them, and is done; the next one that meets the
breakpoint dies of it. Its report shows the code as memory has it: another
byte stands there. Such a run says nothing of Holm (doc/caveats.md).
"""
import re

OOPS = re.compile(r"\bint3: 0000 \[#1\]")
# The byte before the marked one is what was executed.
CODE = re.compile(r"\bCode:(?: [0-9a-f]{2})* ([0-9a-f]{2}) <[0-9a-f]{2}>")
BREAKPOINT = "cc"
SENTENCE = "QEMU ran a breakpoint that memory did not hold any more"


def find(lines, forbid):
    """
    The sentence if the first that went wrong in @lines is this, else nothing.
    @forbid: the patterns of all that goes wrong.
    """
    bad = [re.compile(rx) for rx in forbid]
    for n, line in enumerate(lines):
        if OOPS.search(line):
            break
        if any(rx.search(line) for rx in bad):
            return ""
    else:
        return ""
    for line in lines[n:]:
        code = CODE.search(line)
        if code:
            return "" if code[1] == BREAKPOINT else SENTENCE
    return ""
