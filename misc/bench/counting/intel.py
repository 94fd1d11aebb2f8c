# SPDX-License-Identifier: BSD-2-Clause
"""The same on an Intel CPU: Bochs counts the TSC in instructions by itself."""
from bed import bochs, table


def _entry(run):
    """The run as the test bed knows it."""
    return table.Run(name=f"bench-{run['name']}", bed=run["bed"],
                     cpus=run["cpus"], kernel="",
                     memory=run["memory"] or "512M", cmdline="bench",
                     hv=f"panic=reset {run['hv']}".strip(), expect=[],
                     forbid=[], image=run["image"], cpu=run["cpu"])


def prepare(build, run):
    """Write what it boots from."""
    bochs.Builder(build).prepare(_entry(run))


def command(build, run):
    """The whole command line."""
    return bochs.Builder(build).command(_entry(run))
