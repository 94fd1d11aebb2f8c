# SPDX-License-Identifier: BSD-2-Clause
"""Reads the tables of the hypervisor's C code that documents show."""
import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
COMMENT = re.compile(r"/\*.*?\*/", re.S)


class Unreadable(Exception):
    """The code does not look as expected: mend this script."""


def read(path):
    """The C file at @path below the tree, without its comments."""
    return COMMENT.sub("", (TOP / path).read_text())


def macro(text, name):
    """The body of an X-macro list, its lines joined."""
    found = re.search(rf"#define {name}\(X\)((?:.*\\\n)*.*\n)", text)
    if not found:
        raise Unreadable(f"no list {name}(X)")
    return found[1].replace("\\\n", " ")


def rows(body):
    """The arguments of each X(...) of a list, strings unquoted."""
    out = []
    for call in re.findall(r'\bX\(((?:[^()"]|"[^"]*")*)\)', body):
        args = re.findall(r'\s*((?:"[^"]*"\s*)+|[^,"]+)\s*(?:,|$)', call)
        out.append([unquote(a.strip()) for a in args])
    return out


def unquote(arg):
    """The text of adjacent string literals, or the word itself."""
    parts = re.findall(r'"([^"]*)"', arg)
    return "".join(parts) if parts else arg


def array(text, name):
    """{index: initialiser} of a C array with designated initialisers."""
    found = re.search(rf"\b{name}\[[^\]]*\] = \{{(.*?)\n\}};", text, re.S)
    if not found:
        raise Unreadable(f"no table {name}[]")
    entries = re.split(r"\[(\w+)\] =", found[1])[1:]
    return dict(zip(entries[::2],
                    (e.strip().rstrip(",") for e in entries[1::2])))
