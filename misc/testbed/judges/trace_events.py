# SPDX-License-Identifier: BSD-2-Clause
"""Check a document against the trace-event format of Perfetto and Chrome.

What is checked are the rules a viewer silently drops events by: known phases,
numbers where numbers belong, slices of a thread that nest, arrows whose ends
exist and lie in a slice, names for every process and thread.
"""
NEEDED = {"X": ("name", "pid", "tid", "ts", "dur"),
          "i": ("name", "pid", "tid", "ts", "s"),
          "s": ("name", "cat", "id", "pid", "tid", "ts"),
          "t": ("name", "cat", "id", "pid", "tid", "ts"),
          "f": ("name", "cat", "id", "pid", "tid", "ts", "bp"),
          "M": ("name", "pid", "args")}
NUMBERS = ("pid", "tid", "ts", "dur", "id")
TOLERANCE = 0.0011  # microseconds: times have three digits


def check_fields(event):
    """Fields of one event."""
    phase = event.get("ph")
    if phase not in NEEDED:
        yield f"unknown phase {phase!r}"
        return
    for field in NEEDED[phase]:
        if field not in event:
            yield f"an event of phase {phase} has no {field}: {event}"
    for field in NUMBERS:
        value = event.get(field, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)) \
                or value < 0:
            yield f"{field} is {value!r}"


def track(event):
    """Where it is drawn."""
    return event["pid"], event["tid"]


def slices(events):
    """{track: [(begin, end)]} in the order of their beginnings."""
    found = {}
    for e in events:
        if e["ph"] == "X":
            found.setdefault(track(e), []).append(
                (e["ts"], e["ts"] + e["dur"]))
    for spans in found.values():
        spans.sort(key=lambda s: (s[0], -s[1]))
    return found


def check_nesting(spans, where):
    """No slice ends in the middle of another."""
    open_ends = []
    for begin, end in spans:
        while open_ends and open_ends[-1] <= begin + TOLERANCE:
            open_ends.pop()
        if open_ends and end > open_ends[-1] + TOLERANCE:
            yield f"slices of {where} overlap at {begin}"
        open_ends.append(end)


def in_slice(event, spans):
    """Whether a slice of its track is around it."""
    return any(b - TOLERANCE <= event["ts"] <= e + TOLERANCE
               for b, e in spans.get(track(event), ()))


def check_flows(events, spans):
    """Arrows have a begin and an end, in time, each in a slice."""
    ends = {"s": {}, "f": {}, "t": {}}
    for e in events:
        if e["ph"] in ends:
            ends[e["ph"]][e["id"]] = e
            if e["ph"] != "t" and not in_slice(e, spans):
                yield f"arrow {e['id']} hangs on nothing at {e['ts']}"
    for id_, begin in ends["s"].items():
        end = ends["f"].get(id_)
        if not end:
            yield f"arrow {id_} has no end"
        elif end["ts"] < begin["ts"]:
            yield f"arrow {id_} goes back in time"
    for id_ in ends["f"].keys() - ends["s"].keys():
        yield f"arrow {id_} has no begin"


def check_names(events):
    """Each track and process that is used has a name."""
    named = {(e["name"], e["pid"], e.get("tid")) for e in events
             if e["ph"] == "M"}
    processes = {(n, p) for n, p, _ in named}
    for pid, tid in sorted({track(e) for e in events if e["ph"] != "M"}):
        if ("process_name", pid) not in processes:
            yield f"process {pid} has no name"
        if ("thread_name", pid, tid) not in named:
            yield f"thread {pid}.{tid} has no name"


def check(doc):
    """The findings of a document; none if a viewer shows all of it."""
    events = doc.get("traceEvents")
    if not isinstance(events, list) or not events:
        yield "no traceEvents"
        return
    bad = [f for e in events for f in check_fields(e)]
    if bad:
        yield from bad[:10]
        return
    spans = slices(events)
    for where, of_track in spans.items():
        yield from check_nesting(of_track, where)
    yield from check_flows(events, spans)
    yield from check_names(events)
