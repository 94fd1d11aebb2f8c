# SPDX-License-Identifier: BSD-2-Clause
"""The test table: read tests.toml, check it, expand it to single runs."""
import itertools
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

BEDS = ("bare", "holm", "iso", "tiny")
FIRMWARE = ("bios", "uefi")
KEYS = {"name": str, "about": str, "bed": str, "cpus": (int, list),
        "kernels": str, "memory": str, "cmdline": str, "hv": str,
        "expect": list, "forbid": list, "allow": list, "send": list, "timeout": int,
        "status": int, "end": str, "full": bool, "firmware": str,
        "marks": dict, "image": str, "devices": list, "judge": str, "needs": list,
        "bochs": dict, "debug": bool, "com2": bool, "disk": str}
# What a test may need that not every machine has.
NEEDS = ("amd", "intel", "iommu", "msi", "reset", "x2apic", "apicv")
# What a test may do differently on one machine; command lines are added to.
# models: CPUs to run on; cpu: the only one that makes sense.
OWN_KEYS = ("cmdline", "hv", "cpus", "kernels", "memory", "timeout", "expect",
            "allow", "cpu", "models", "full", "needs")


@dataclass
class Run:
    """One boot of one machine, and what it must show."""
    name: str
    bed: str
    cpus: int
    kernel: str
    memory: str
    cmdline: str
    hv: str
    expect: list
    forbid: list
    send: list = field(default_factory=list)
    timeout: int = 120
    status: int = 0
    end: str = "exit"
    full: bool = False
    firmware: str = "bios"
    marks: dict = field(default_factory=dict)
    image: str = ""
    devices: list = field(default_factory=list)
    judge: str = ""
    needs: list = field(default_factory=list)
    cpu: str = ""
    debug: bool = False
    com2: bool = False
    disk: str = ""

    def stem(self):
        """What its files are called."""
        return re.sub(r"[^\w.-]", "-", self.name)


class TableError(Exception):
    """The table breaks a rule; the text names test, key and rule."""


def check_keys(name, entry):
    """Unknown keys and wrong types are mistakes, not extensions."""
    for key, value in entry.items():
        if key not in KEYS:
            raise TableError(f"{name}: unknown key '{key}'")
        if not isinstance(value, KEYS[key]):
            raise TableError(f"{name}: '{key}' has the wrong type")
    if entry.get("bed") not in BEDS:
        raise TableError(f"{name}: bed must be one of {', '.join(BEDS)}")
    if entry.get("firmware", "bios") not in FIRMWARE:
        raise TableError(f"{name}: firmware must be one of "
                         f"{', '.join(FIRMWARE)}")
    if entry.get("firmware") == "uefi" and entry["bed"] not in ("bare", "iso"):
        raise TableError(f"{name}: on UEFI a loader is needed: bed iso")
    if not entry.get("expect"):
        raise TableError(f"{name}: expects nothing, so it cannot fail")
    for need in entry.get("needs", []):
        if need not in NEEDS:
            raise TableError(f"{name}: needs '{need}'; known are "
                             f"{', '.join(NEEDS)}")
    for key in entry.get("bochs", {}):
        if key not in OWN_KEYS:
            raise TableError(f"{name}: bochs has unknown key '{key}'")
    for rx in entry["expect"] + entry.get("forbid", []):
        try:
            re.compile(rx)
        except re.error as err:
            raise TableError(f"{name}: '{rx}': {err}") from err


def adapt(entry, defaults, machine):
    """The entry as it is on this machine: with what it does differently."""
    common, own = defaults.get(machine, {}), entry.get(machine, {})
    both = {**defaults, **entry}
    out = {**entry, **common, **own}
    for key in ("cmdline", "hv"):
        words = (both.get(key), common.get(key), own.get(key))
        out[key] = " ".join(w for w in words if w)
    return out


def forbidden(entry, defaults):
    """What must not show: the common list, plus own, minus allowed."""
    allow = entry.get("allow", [])
    unknown = set(allow) - set(defaults["forbid"])
    if unknown:
        raise TableError(f"{entry['name']}: allows {unknown.pop()}, which "
                         "is not forbidden")
    return [rx for rx in defaults["forbid"] if rx not in allow] + \
        entry.get("forbid", [])


def expand(entry, defaults, kernels):
    """The single runs of one table entry."""
    both = {**defaults, **entry}
    cpus = both["cpus"] if isinstance(both["cpus"], list) else [both["cpus"]]
    which = {"default": kernels[:1], "other": kernels[1:], "all": kernels,
             "acrn": ["acrn"], "none": [""]}
    if both["kernels"] not in which:
        raise TableError(f"{both['name']}: kernels must be one of "
                         f"{', '.join(which)}")
    models = [both["cpu"]] if "cpu" in both else both.get("models", [""])
    for kernel, n, model in itertools.product(which[both["kernels"]], cpus,
                                              models):
        parts = [both["name"]]
        if isinstance(both["cpus"], list):
            parts.append(f"{n}cpu")
        if both["kernels"] == "all":
            parts.append(kernel)
        if model:
            parts.append(model)
        yield Run(
            name="/".join(parts), bed=both["bed"], cpus=n, kernel=kernel,
            memory=both["memory"],
            cmdline=both.get("cmdline", "") + f" holm.cpus={n}",
            hv=both.get("hv", ""), expect=both["expect"],
            forbid=forbidden(entry, defaults),
            send=both.get("send", []), timeout=both["timeout"],
            status=both.get("status", 0), end=both.get("end", "exit"),
            full=both.get("full", False),
            firmware=both.get("firmware", "bios"), marks=both.get("marks", {}),
            image=both.get("image", ""), devices=both.get("devices", []),
            judge=both.get("judge", ""),
            needs=both.get("needs", []), cpu=model,
            debug=both.get("debug", False), com2=both.get("com2", False),
            disk=both.get("disk", ""))


def load(path, kernels, machine="qemu", models=None):
    """All runs of the table at path for these kernel versions on this
    machine; models: on these CPUs, whatever the table says."""
    doc = tomllib.loads(Path(path).read_text())
    defaults = doc["defaults"]
    runs, seen = [], set()
    for entry in doc["test"]:
        name = entry.get("name", "(a test without name)")
        if name in seen:
            raise TableError(f"{name}: listed twice")
        seen.add(name)
        check_keys(name, {**defaults, **entry})
        entry = adapt(entry, defaults, machine)
        if models:
            entry["models"] = models
        runs += expand(entry, defaults, kernels)
    return runs
