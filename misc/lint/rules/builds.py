# SPDX-License-Identifier: BSD-2-Clause
"""Rules that ask the compilers."""
import subprocess
from pathlib import Path

WARN = ["-std=gnu11", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion",
        "-Wshadow", "-Wmissing-prototypes", "-Werror"]
# Which headers stand alone, and with what.
HEADERS = (
    ("hypervisor/tests", None),
    ("hypervisor", ["-Ihypervisor", "-Ihypervisor/include",
                    "-ffreestanding", "-mgeneral-regs-only"]),
    ("devicemodel", ["-D_GNU_SOURCE", "-Idevicemodel",
                     "-Ihypervisor/include"]),
    ("tools", ["-D_GNU_SOURCE", "-Itools", "-Idevicemodel",
               "-Ihypervisor/include"]),
    ("inmates", ["-Iinmates", "-Ihypervisor", "-Ihypervisor/include",
                 "-ffreestanding", "-mgeneral-regs-only"]),
)
COMPONENTS = ("hypervisor", "devicemodel", "tools", "inmates")


def flags_for(path):
    """Compiler flags for a header, None if it need not stand alone."""
    for home, flags in HEADERS:
        if Path(home) in path.parents:
            return flags
    return None


def check_headers(top, files):
    """Each header compiles by itself."""
    for path in files:
        flags = flags_for(path) if path.suffix == ".h" else None
        if flags is None:
            continue
        run = subprocess.run(
            ["gcc", *WARN, *flags, "-fsyntax-only", "-x", "c", "-include",
             str(path), "/dev/null"], cwd=top, capture_output=True, text=True)
        if run.returncode:
            first = next((ln for ln in run.stderr.splitlines()
                          if "error" in ln), "does not compile")
            yield f"{path}:1: {first}"


def build_with(top, files, compiler):
    """Findings of building each component with one compiler."""
    for part in COMPONENTS:
        if not (top / part / "Makefile").exists() \
                or not any(p.parts[0] == part for p in files):
            continue
        out = top / "build/lint" / compiler / part
        run = subprocess.run(
            ["make", "-k", "-s", "-C", part, f"CC={compiler}", f"O={out}"],
            cwd=top, capture_output=True, text=True)
        if run.returncode:
            for line in run.stderr.splitlines():
                if "error" in line.lower():
                    yield f"{part}: {compiler}: {line}"


def check_gcc(top, files):
    """gcc builds everything without a warning."""
    yield from build_with(top, files, "gcc")


def check_clang(top, files):
    """clang builds everything without a warning."""
    yield from build_with(top, files, "clang")


RULES = {"headers": check_headers, "gcc": check_gcc, "clang": check_clang}
