# SPDX-License-Identifier: BSD-2-Clause
"""Import scripts that have no .py in their name."""
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

MISC = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True


def script(path):
    """The script at misc/path as a module."""
    name = path.replace("/", "_")
    loader = importlib.machinery.SourceFileLoader(name, str(MISC / path))
    spec = importlib.util.spec_from_loader(name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def package(path):
    """Make the packages below misc/path importable."""
    sys.path.insert(0, str(MISC / path))
