# SPDX-License-Identifier: BSD-2-Clause
"""Rules for any text file."""
import re
import shutil
import subprocess

NO_SPDX = {".md", ".svg", ".png", ".gitignore", ".txt"}
REGISTRY = re.compile(
    r"(?:deb|ftp|security|snapshot|archive)\.(?:debian|ubuntu)\b"
    r"|\bpypi\.|npm[j]s\.|crates\.io|proxy\.golang", re.I)
MAX_COLUMNS, MAX_TABLE_COLUMNS, MAX_LINES = 80, 100, 800
CODE = {".c", ".h"}


def read(top, path):
    """The text of a file, or nothing if it is no text."""
    try:
        return (top / path).read_text()
    except UnicodeDecodeError:
        return ""


def check_spdx(top, files):
    """Each file names its licence on its first line."""
    for path in files:
        if path.suffix in NO_SPDX or path.name in NO_SPDX \
                or path.parts[0] == "LICENSES" or path.name == "LICENSE":
            continue
        head = read(top, path).splitlines()[:2]
        if head and head[0].startswith("#!"):
            head = head[1:]
        if not head or "SPDX-License-Identifier: " not in head[0]:
            yield f"{path}:1: no SPDX line"


def check_registry(top, files):
    """No file names a package registry's host."""
    for path in files:
        for no, line in enumerate(read(top, path).splitlines(), 1):
            m = REGISTRY.search(line)
            if m:
                yield f"{path}:{no}: names the registry host {m[0]}"


def check_space(top, files):
    """No trailing blanks, a newline at the end, none doubled."""
    for path in files:
        text = read(top, path)
        for no, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                yield f"{path}:{no}: trailing blanks"
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield f"{path}:{text.count(chr(10))}: ends wrongly"


def check_length(top, files):
    """C lines stay in 80 columns (tables: 100), files in 800 lines."""
    for path in files:
        if path.suffix not in CODE:
            continue
        lines = read(top, path).splitlines()
        if len(lines) > MAX_LINES:
            yield f"{path}:{len(lines)}: longer than {MAX_LINES} lines"
        limit = MAX_COLUMNS
        for no, line in enumerate(lines, 1):
            if "clang-format off" in line:
                limit = MAX_TABLE_COLUMNS
            elif "clang-format on" in line:
                limit = MAX_COLUMNS
            width = len(line.expandtabs(8))
            if width > limit and '"' not in line:
                yield f"{path}:{no}: {width} columns, more than {limit}"


def check_spelling(top, files):
    """codespell finds nothing."""
    if not shutil.which("codespell"):
        yield "lint:0: codespell is not installed"
        return
    ignore = "inout,extint,crate,ans,nd,te,ser,hist,ist,mis,mut,fo,hda,parm,iput"
    names = [str(p) for p in files if p.suffix != ".svg"]
    out = subprocess.run(["codespell", "-L", ignore, *names], cwd=top,
                         capture_output=True, text=True).stdout
    yield from out.splitlines()


def check_documents(top, files):
    """Documents agree with the code, and their links lead somewhere."""
    if not any(p.suffix == ".md" for p in files):
        return
    run = subprocess.run(["misc/doc/doc", "check"], cwd=top,
                         capture_output=True, text=True)
    if run.returncode:
        yield from (run.stdout + run.stderr).splitlines() or ["doc:0: failed"]


RULES = {"spdx": check_spdx, "registry": check_registry,
         "space": check_space, "length": check_length,
         "spelling": check_spelling,
         "documents": check_documents}
