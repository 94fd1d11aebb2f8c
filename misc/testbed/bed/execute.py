# SPDX-License-Identifier: BSD-2-Clause
"""Run one machine to its end and say what became of it."""
import os
import selectors
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import autopsy
from .console import Console

JUDGES = Path(__file__).resolve().parents[1] / "judges"


@dataclass
class Result:
    """error is empty if the run passed; again says why it is a second one."""
    name: str
    error: str
    seconds: float
    times: dict = field(default_factory=dict)
    lines: list = field(default_factory=list)
    log: str = ""
    again: str = ""


# Of each machine that runs. Who ends them all sets ending first.
alive = set()
ending = threading.Event()


def end_all():
    """End every machine, and those that are about to start."""
    ending.set()
    for child in list(alive):
        kill_group(child)


def kill_group(child):
    """End the emulator we started, and nothing else."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def drain_errors(child, log):
    """The emulator's own complaints belong into the log too."""
    for line in child.stderr:
        log.write("[emulator] " + line.decode(errors="replace"))
        log.flush()


def pump(child, console, run, deadline):
    """Feed the console until the machine ends; the reason it was stopped."""
    sel = selectors.DefaultSelector()
    sel.register(child.stdout, selectors.EVENT_READ)
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return "timeout"
        if not sel.select(min(left, 1.0)):
            continue
        data = os.read(child.stdout.fileno(), 65536)
        if not data:
            return ""
        reply = console.feed(data)
        if reply:
            child.stdin.write(reply.encode())
            child.stdin.flush()
        if console.error:
            return "error"
        if run.end == "match" and console.complete():
            return "match"


def verdict(run, console, why, status):
    """One sentence that says what is wrong, or nothing."""
    if console.error:
        return console.error
    if not console.complete():
        after = f"after {run.timeout} s " if why == "timeout" else ""
        gone = "" if why else f"; the machine ended with status {status}"
        return f"{after}no line matched '{console.waiting_for()}'{gone}"
    if why == "timeout":
        return f"all was seen, but the machine ran on for {run.timeout} s"
    if not why and status != run.status:
        return f"the machine ended with status {status}, not {run.status}"
    return ""


def ask_judge(run, path):
    """What the test's own judge finds wrong in the log, or nothing."""
    judge = JUDGES / run.judge
    got = subprocess.run([judge, path], text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    if got.returncode == 0:
        return ""
    return f"{run.judge}: {got.stdout.strip() or got.returncode}"


def examine(child, console, run, log, monitor):
    """The test is lost: what the machine still says, and where its CPUs are."""
    path, image = monitor
    lines = len(console.lines)
    until = time.monotonic() + autopsy.LINGER
    while pump(child, console, run, until) == "error":
        continue
    if child.poll() is None:
        autopsy.perform(path, image, log)
    del console.lines[lines:]


def watch(child, console, run, log, deadline, monitor):
    """One machine from its start to its end; (why it ended, status)."""
    errors = threading.Thread(target=drain_errors, args=(child, log))
    errors.start()
    try:
        why = pump(child, console, run, deadline)
        if not why:
            child.wait(10)
        elif monitor and why != "match":
            examine(child, console, run, log, monitor)
        console.finish()
    finally:
        kill_group(child)
        errors.join()
    return why, child.returncode


def execute(run, command, log_dir, echo=None, monitor=None):
    """
    Boot, watch, judge. Never retries. @monitor: the emulator's socket and the
    image whose symbols are wanted, if a lost machine can be looked at.
    """
    log_dir.mkdir(parents=True, exist_ok=True)
    path = log_dir / f"{run.stem()}.log"
    limit = run.timeout * float(os.environ.get("TIMEOUT_SCALE", "1"))
    start = time.monotonic()
    with open(path, "w") as log:
        log.write("# " + " ".join(command) + "\n")
        console = Console(run, log, echo)
        with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, start_new_session=True) as child:
            alive.add(child)
            if ending.is_set():
                kill_group(child)
            try:
                why, status = watch(child, console, run, log, start + limit,
                                    monitor)
            finally:
                alive.discard(child)
        error = verdict(run, console, why, status)
    if monitor:
        monitor[0].unlink(missing_ok=True)
    if run.judge and not error:
        error = ask_judge(run, path)
    return Result(run.name, error, time.monotonic() - start, console.times,
                  console.lines, str(path))
