# SPDX-License-Identifier: BSD-2-Clause
"""What a machine's CPUs were at when its test gave it up.

QEMU's monitor is asked for all registers, some times, so that a CPU that
runs in a circle can be told from one that stands. Where RIP is Holm's, the
image's symbols name the function.
"""
import re
import socket
import subprocess
import time

SAMPLES = 3
PAUSE = 0.3
PROMPT = b"(qemu) "
PATIENCE = 5
# A kernel that complains has more to say.
LINGER = 3
# What sun_path holds, less some for the end of it.
LONGEST = 100
RIP = re.compile(r"^[ER]IP=([0-9a-f]+).*$", re.M)


def hear(sock):
    """What the monitor says up to its next prompt."""
    data = b""
    while not data.endswith(PROMPT):
        got = sock.recv(65536)
        if not got:
            break
        data += got
    return data.decode(errors="replace")


def sample(path):
    """The registers of all CPUs, so often; stops where the monitor does."""
    out = []
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(PATIENCE)
        sock.connect(str(path))
        hear(sock)
        for n in range(SAMPLES):
            time.sleep(PAUSE if n else 0)
            sock.sendall(b"info registers -a\n")
            out.append(hear(sock))
    return out


def symbols(image):
    """The functions of @image as [(address, name)], in order."""
    got = subprocess.run(["nm", "-n", image], capture_output=True, text=True)
    rows = (line.split() for line in got.stdout.splitlines())
    return [(int(r[0], 16), r[2]) for r in rows
            if len(r) == 3 and r[1] in "tT"]


def name_of(address, known):
    """FUNCTION+OFFSET if it is in the image, else nothing."""
    below = [s for s in known if s[0] <= address]
    if not below or address - below[-1][0] > 0x10000:
        return ""
    return f"{below[-1][1]}+{address - below[-1][0]:#x}"


def places(text, known):
    """A line for each CPU of one sample: where it is."""
    for cpu, found in enumerate(RIP.finditer(text)):
        at = int(found[1], 16)
        words = [f"CPU {cpu}: RIP {at:016x}", name_of(at, known),
                 "halted" if "HLT=1" in found[0] else ""]
        yield " ".join(w for w in words if w)


def perform(path, image, log):
    """All of it, into @log. A machine that does not answer is no error."""
    try:
        texts = sample(path)
    except OSError as err:
        log.write(f"[autopsy] no answer: {err}\n")
        return
    known = symbols(image)
    for n, text in enumerate(texts):
        for line in places(text, known):
            log.write(f"[autopsy] {n + 1}: {line}\n")
    log.write(texts[-1].replace("\r", ""))
    log.write("\n")
