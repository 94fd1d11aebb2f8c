# SPDX-License-Identifier: BSD-2-Clause
"""The one-screen summary of `make run`."""
import json
import re

DATA = re.compile(r"HOLM-DATA (\w+) (.*)")


def read_data(lines):
    """What the Service VM reported, by name."""
    found = {}
    for line in lines:
        m = DATA.search(line)
        if m:
            try:
                found[m[1]] = json.loads(m[2])
            except ValueError:
                pass
    return found


def format_cpus(cpus):
    """[0, 2, 3] as 0,2-3."""
    parts, todo = [], list(cpus)
    while todo:
        first = last = todo.pop(0)
        while todo and todo[0] == last + 1:
            last = todo.pop(0)
        parts.append(f"{first}-{last}" if last > first else str(first))
    return ",".join(parts) or "-"


def owners(data):
    """Rows: who had which CPUs and memory while the User VM ran."""
    yield f"{'':16} {'CPUs':8} {'memory':>10}   {'exits':>9}"
    for vm in data["during"]["vms"]:
        total = sum(vm["exits"].values())
        yield (f"{vm['name']:16} {format_cpus(vm['cpus']):8} "
               f"{vm['mem_bytes'] >> 20:6} MiB   {total:9}")
    info = data["info"]
    yield (f"{'Holm itself':16} {'':8} {info['hv_bytes'] >> 20:6} MiB   "
           f"({info['pool_used']} of {info['pool_pages']} pool pages)")


def exits(data):
    """Rows: exits by reason, one column a VM."""
    vms = data["during"]["vms"]
    yield f"{'exits by reason':28}" + "".join(
        f"{vm['name'][:12]:>13}" for vm in vms)
    reasons = [r for r in vms[0]["exits"]
               if any(vm["exits"][r] for vm in vms)]
    reasons.sort(key=lambda r: -sum(vm["exits"][r] for vm in vms))
    for reason in reasons:
        yield f"  {reason:26}" + "".join(
            f"{vm['exits'][reason]:13}" for vm in vms)


def cell(data):
    """Row: what the real-time cell has done meanwhile, if there was one."""
    if "cell" not in data:
        return
    name = data["cell"]["histogram"]["cell"]
    taken = sum(sum(vm["exits"].values()) for vm in data["during"]["vms"]
                if vm["name"] == name)
    yield (f"the cell '{name}' had {data['cell']['histogram']['count']} "
           f"timer interrupts and, from its start on, {taken} exits")
    yield ""


def boots(times):
    """Rows: how long each took to come up, on this machine's clock."""
    steps = (("Holm", "start", "holm"), ("Service VM", "holm", "service"),
             ("User VM", "launch", "guest"))
    row = [f"{name} {times[end] - times.get(begin, 0.0):.1f} s"
           for name, begin, end in steps if end in times]
    yield "boot times (emulated): " + ", ".join(row)


def freed(data):
    """Row: what came back afterwards."""
    yield (f"while it ran the Service VM had CPUs {data['online_during']}; "
           f"afterwards {data['online_after']}, "
           f"huge pages free: {data['huge_pages']}")


def write(lines, times):
    """All rows that the data allows."""
    data = read_data(lines)
    rows = ["", "=" * 72]
    if {"during", "info"} <= set(data):
        rows += [*owners(data), "", *exits(data), "", *cell(data)]
    if {"online_during", "online_after", "huge_pages"} <= set(data):
        rows += freed(data)
    rows += boots(times)
    return rows
