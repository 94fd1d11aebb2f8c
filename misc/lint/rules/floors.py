# SPDX-License-Identifier: BSD-2-Clause
"""Rules for who may use whom in the hypervisor."""
import re

from .text import read

# From the roof down; a room uses only rooms on lower floors.
FLOORS = (("launch",), ("run",), ("hypercall",), ("cell", "secure"),
          ("guest",), ("io",), ("vm",), ("core",), ("arch",), ("mem",),
          ("lib",))
FLOOR_OF = {room: len(FLOORS) - n
            for n, rooms in enumerate(FLOORS) for room in rooms}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\])*\"", re.S)
SEAMS = ((re.compile(r"vmcb", re.I), "arch/x86/svm", "a VMCB word"),
         (re.compile(r"\bvm(?:read|write|launch|resume|clear)\b", re.I),
          "arch/x86/vmx", "a VMX instruction"))


def in_rooms(files):
    """(path, path inside hypervisor/, room) of what stands in a room."""
    for path in files:
        if path.parts[0] != "hypervisor" or len(path.parts) < 3 \
                or path.suffix not in (".c", ".h", ".S"):
            continue
        if path.parts[1] in FLOOR_OF:
            yield path, "/".join(path.parts[1:]), path.parts[1]


def check_floors(top, files):
    """A room includes only rooms below it."""
    for path, _, room in in_rooms(files):
        for no, line in enumerate(read(top, path).splitlines(), 1):
            m = INCLUDE.match(line)
            if not m or m[1].startswith("abi/"):
                continue
            target = m[1].split("/")[0]
            if "/" not in m[1] or target not in FLOOR_OF:
                yield f'{path}:{no}: "{m[1]}" is not named from hypervisor/'
            elif target != room and FLOOR_OF[target] >= FLOOR_OF[room]:
                yield f"{path}:{no}: {room} is below {target}: {m[1]}"


def strip_comments(text):
    """Comments and strings blanked out, lines kept."""
    return COMMENT.sub(lambda m: "\n" * m[0].count("\n"), text)


def check_seam(top, files):
    """VMX and SVM stay behind the seam."""
    for path, inside, _ in in_rooms(files):
        text = strip_comments(read(top, path))
        for pattern, home, what in SEAMS:
            if inside.startswith(home):
                continue
            for no, line in enumerate(text.split("\n"), 1):
                if pattern.search(line):
                    yield f"{path}:{no}: {what} outside {home}"


RULES = {"floors": check_floors, "seam": check_seam}
