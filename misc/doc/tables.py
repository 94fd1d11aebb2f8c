# SPDX-License-Identifier: BSD-2-Clause
"""The tables of options and commands that programs and documents share."""
import re

from source import Unreadable, macro, read, rows

COMMANDS = "tools/holm/commands.h"
OPTIONS = "devicemodel/core/options.c"
ENTRY = re.compile(
    r'\{\s*(\'.\'|OPT_\w+),\s*"([\w-]+)",\s*("[^"]*"|NULL),\s*\w+,'
    r'\s*((?:"[^"]*"\s*)+)\}')


def statuses():
    """[(number, meaning)] of holm's exit statuses."""
    return [(int(nr), text) for _, nr, text in
            table("HOLM_STATUSES", 3)]


def table(name, width):
    """The rows of one list of commands.h."""
    found = rows(macro(read(COMMANDS), name))
    if not found or any(len(row) != width for row in found):
        raise Unreadable(f"cannot read {name} of {COMMANDS}")
    return found


def options():
    """{name: (argument, meaning)} of holm, in their order."""
    return {name: (arg, text)
            for _, name, arg, _, text in table("HOLM_OPTIONS", 5)}


def commands():
    """[(noun, verb, argument, [option], meaning)] of holm."""
    known = options()
    found = [(noun, verb, arg, names.split(), text) for
             noun, verb, arg, _, names, text in table("HOLM_COMMANDS", 6)]
    for noun, verb, _, names, _ in found:
        lost = [n for n in names if n not in known]
        if lost:
            raise Unreadable(f"{noun} {verb}: no option {lost[0]}")
    return found


def aliases():
    """[(word, noun, verb)] of holm."""
    return [tuple(row) for row in table("HOLM_ALIASES", 3)]


def dm_options():
    """[(letter or "", name, argument or "", meaning)] of acrn-dm."""
    found = []
    body = read(OPTIONS).split("options[] = {", 1)[1].split("\n};", 1)[0]
    for letter, name, arg, text in ENTRY.findall(body):
        found.append((letter[1] if letter.startswith("'") else "", name,
                      "" if arg == "NULL" else arg.strip('"'),
                      "".join(re.findall(r'"([^"]*)"', text))))
    if len(found) != body.count("opt_"):
        raise Unreadable(f"cannot read the options of {OPTIONS}")
    return found
