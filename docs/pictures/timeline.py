#!/usr/bin/env python3
"""Draws a timeline of `forerun predict --trace` as SVG: timeline.py TRACE.json RANK[,RANK...] [FROM_MS TO_MS] > picture.svg

One row a lane of each rank that was asked for; kernels by direction, transfers in one colour each kind of lane, arrows between ranks that are shown.
"""
import html
import json
import sys

COLOURS = {"forward": "#4c78a8", "backward": "#f2a03d", "update": "#8c6bb1", "send": "#72b7b2", "transfer": "#c8553d"}
WIDTH, LEFT, ROW, GAP, TOP = 1180, 190, 15, 8, 44


def sort_of(slice_):
    word = slice_["name"].split()[0].split("_")[0]
    return word if word in COLOURS else "transfer"


def main(trace, ranks, begin=None, end=None):
    with open(trace, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    process = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    lanes = {(event["pid"], event["tid"]): event["args"]["name"] for event in events if event["name"] == "thread_name"}
    slices = [event for event in events if event["ph"] == "X" and event["pid"] in ranks]
    begin = min(s["ts"] for s in slices) if begin is None else 1e3 * begin
    end = max(s["ts"] + s["dur"] for s in slices) if end is None else 1e3 * end
    x = lambda us: LEFT + (min(max(us, begin), end) - begin) / (end - begin) * (WIDTH - LEFT - 10)
    y, out, at = TOP, [], {}
    for rank in ranks:
        out.append(f'<text x="4" y="{y + 11}" font-weight="bold">{html.escape(process[rank])}</text>')
        y += ROW + 2
        for pid, tid in sorted(lanes):
            if pid != rank:
                continue
            at[pid, tid] = y
            out.append(f'<text x="14" y="{y + 11}">{html.escape(lanes[pid, tid])}</text>')
            out.append(f'<rect x="{LEFT}" y="{y}" width="{WIDTH - LEFT - 10}" height="{ROW - 2}" fill="#f4f4f4"/>')
            y += ROW
        y += GAP
    drawn = {}  # by lane: where its last rectangle ends, its colour and its place in `out`; neighbours of one colour become one
    for s in sorted(slices, key=lambda s: s["ts"]):
        if s["ts"] + s["dur"] > begin and s["ts"] < end:
            lane, sort = (s["pid"], s["tid"]), sort_of(s)
            left, right = x(s["ts"]), x(s["ts"] + s["dur"])
            first, last, before, place = drawn.get(lane, (0, -9, None, len(out)))
            if before == sort and left - last < 0.3:
                out[place], left = "", first
            drawn[lane] = (left, right, sort, len(out))
            out.append(f'<rect x="{left:.2f}" y="{at[s["pid"], s["tid"]]}" width="{max(right - left, 0.3):.2f}" height="{ROW - 2}" '
                       f'fill="{COLOURS[sort_of(s)]}"/>')
    starts = {event["id"]: event for event in events if event["ph"] == "s"}
    for f in (event for event in events if event["ph"] == "f"):
        s = starts[f["id"]]
        if s["pid"] in ranks and f["pid"] in ranks and begin < s["ts"] and f["ts"] < end:
            out.append(f'<line x1="{x(s["ts"]):.2f}" y1="{at[s["pid"], s["tid"]] + 7}" x2="{x(f["ts"]):.2f}" '
                       f'y2="{at[f["pid"], f["tid"]] + 7}" stroke="#333" stroke-width="0.7"/>')
    key, place = [], LEFT
    for name, colour in COLOURS.items():
        key.append(f'<rect x="{place}" y="8" width="12" height="12" fill="{colour}"/><text x="{place + 17}" y="18">{name}</text>')
        place += 110
    ticks = [f'<text x="{x(begin + i * (end - begin) / 8):.1f}" y="38" text-anchor="middle">{(begin + i * (end - begin) / 8) / 1e3:.4g} ms</text>'
             for i in range(1, 8)]
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" font-family="sans-serif" font-size="11">'
          f'<rect width="100%" height="100%" fill="white"/>' + "\n".join(key + ticks + [line for line in out if line]) + "</svg>")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 5):
        sys.exit(__doc__)
    main(sys.argv[1], [int(rank) for rank in sys.argv[2].split(",")], *map(float, sys.argv[3:]))
