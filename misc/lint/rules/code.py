# SPDX-License-Identifier: BSD-2-Clause
"""Rules for C code, scripts and their form."""
import itertools
import json
import re
import shutil
import subprocess

from .floors import strip_comments
from .text import read

MAX_FUNCTION, MAX_PARAMETERS, MAX_DEPTH = 100, 6, 4
CONDITIONAL = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif|else)\b")
FORMATTER = "14"
BLANKS = re.compile(r"(?<=\S)[ \t]+")


def c_files(files, suffixes=(".c", ".h")):
    """The C files among them."""
    return [p for p in files if p.suffix in suffixes]


def squeeze(text):
    """The lines with any run of blanks inside them as one blank."""
    return [BLANKS.sub(" ", line) for line in text.splitlines()]


def check_format(top, files):
    """C files are as clang-format 14 writes them, alignment aside."""
    version = subprocess.run(["clang-format", "--version"], text=True,
                             capture_output=True).stdout
    if f"version {FORMATTER}." not in version:
        return
    for path in c_files(files):
        want = subprocess.run(["clang-format", path], cwd=top, text=True,
                              capture_output=True).stdout
        pairs = itertools.zip_longest(squeeze(read(top, path)), squeeze(want))
        for no, (have, good) in enumerate(pairs, 1):
            if have != good:
                yield f"{path}:{no}: not as clang-format writes it"
                break


def check_conditional(top, files):
    """No #if in .c files: choices belong into headers and tables."""
    for path in c_files(files, (".c",)):
        for no, line in enumerate(read(top, path).splitlines(), 1):
            if CONDITIONAL.match(line):
                yield f"{path}:{no}: {line.strip()}"


def read_functions(top, files):
    """Each C function as a dict of universal-ctags."""
    names = "\n".join(str(p) for p in c_files(files, (".c", ".h")))
    out = subprocess.run(
        ["ctags", "--output-format=json", "--languages=C", "--kinds-C=f",
         "--map-C=+.h", "--fields=+neS", "-f", "-", "-L", "-"],
        cwd=top, input=names, text=True, capture_output=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def check_functions(top, files):
    """Functions have at most 100 lines and 6 parameters."""
    if not shutil.which("ctags"):
        yield "lint:0: universal-ctags is not installed"
        return
    for fn in read_functions(top, files):
        where = f"{fn['path']}:{fn['line']}: {fn['name']}()"
        length = fn.get("end", fn["line"]) - fn["line"] + 1
        if length > MAX_FUNCTION:
            yield f"{where} has {length} lines, more than {MAX_FUNCTION}"
        params = fn.get("signature", "").count(",") + 1
        if params > MAX_PARAMETERS and "(*" not in fn["signature"]:
            yield f"{where} has {params} parameters, more than " \
                  f"{MAX_PARAMETERS}"


def check_depth(top, files):
    """Blocks nest at most four deep inside a function."""
    for path in c_files(files, (".c",)):
        text = strip_comments(read(top, path))
        for no, line in enumerate(text.split("\n"), 1):
            tabs = len(line) - len(line.lstrip("\t"))
            word = re.match(r"(if|for|while|do|switch)\b", line.strip())
            if tabs > MAX_DEPTH and word:
                yield f"{path}:{no}: {tabs} levels deep"


def guard_of(path):
    """The include guard a header must have: DIR_FILE_H."""
    return re.sub(r"[^A-Z0-9]", "_", "_".join(path.parts[-2:]).upper())


def check_guards(top, files):
    """Headers have the guard DIR_FILE_H."""
    for path in c_files(files, (".h",)):
        if path.parts[0] == "sos_kernel_patches":
            continue
        want = guard_of(path)
        text = read(top, path)
        if not re.search(rf"^#ifndef (\w*_)?{want}$", text, re.M) \
                and "no include guard" not in text:
            yield f"{path}:1: the include guard is not {want}"


def check_scripts(top, files):
    """Shell and Python scripts parse."""
    for path in files:
        head = read(top, path)[:60].split("\n")[0]
        if head.startswith("#!/bin/sh"):
            cmd = ["sh", "-n", str(path)]
        elif "python3" in head or path.suffix == ".py":
            cmd = ["python3", "-c", "import ast, sys; "
                   "ast.parse(open(sys.argv[1]).read())", str(path)]
        else:
            continue
        run = subprocess.run(cmd, cwd=top, capture_output=True, text=True)
        if run.returncode:
            yield f"{path}:1: {run.stderr.strip().splitlines()[-1]}"


RULES = {"format": check_format, "conditional": check_conditional,
         "functions": check_functions, "depth": check_depth,
         "guards": check_guards, "scripts": check_scripts}
