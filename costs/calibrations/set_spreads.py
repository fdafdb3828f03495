#!/usr/bin/env python3
"""Writes how far off each figure of the shipped GPU calibrations may be into their rows: `set_spreads.py *.calibration.json`.

A spread is the standard deviation of a logarithm. Three rules give it from what is published, only that of host-issue-s from steps
that are scored (vTrain's traced ones): scatter(values), the standard deviation of several values; between(low, high), of what may lie
evenly between two; and a median over shapes has its standard error, MEDIAN_ERRORS. Two that are independent add as squares.
A figure `as on` another device carries what is known of how devices differ.
"""
import json
import math
import re
import sys


def scatter(values):
    logs = [math.log(value) for value in values]
    mean = sum(logs) / len(logs)
    return math.sqrt(sum((x - mean) ** 2 for x in logs) / (len(logs) - 1))


def pooled(*families):
    squares = sum(scatter(family) ** 2 * (len(family) - 1) for family in families)
    return math.sqrt(squares / sum(len(family) - 1 for family in families))


def between(low, high):
    return math.log(high / low) / math.sqrt(12)


MAMF = "stas00/ml-engineering@744d01e1, compute/accelerator/README.md, maximum achievable matmul FLOPS"
SIMUMAX = "MooreThreads/SimuMax@4dcaae51, configs/system/a100_pcie.json"
BURSTS = pooled([0.869, 0.811], [0.838, 0.803], [0.786, 0.776, 0.729], [0.776, 0.734, 0.709], [0.763, 0.745, 0.723])
MEDIAN_ERRORS = {  # `deepbench.py FOLDER` prints them; the sheets are not in this repository
    "convolution-forward-share": 0.061, "convolution-backward-data-share": 0.071, "convolution-backward-weights-share": 0.068,
    "convolution-winograd-share": 0.050, "convolution-forward-share-tensor": 0.042, "convolution-backward-data-share-tensor": 0.073,
    "convolution-backward-weights-share-tensor": 0.094,
}
CARRIED = r"as (on|fp32)"
ALL, NEW = r".*", r"(h100|h200|gh200|b200|gb200)"

# figure, device, what the row's own source begins with, spread, where it is from; the first that fits.
RULES = [
    (r"product-share-fp(32|64)|product-share-tf32", r"k80", ALL, math.hypot(BURSTS, between(692, 875)),
     MAMF + ": 0.039, equal silicon, for what a K80 differs from a K40; and 0.068, between the 692 MHz that a K80 holds under products without "
     "meeting its limit of power (Microway/gpu-burn issue 3, 2018) and the boost of 875 MHz; root of the sum of squares"),
    (r"product-share-fp(32|64)", ALL, CARRIED, scatter([0.91, 0.88, 0.56]), "scatter of the shares of V100, P100 and T4 in DeepBench"),
    (r"product-share-.*", ALL, ALL, BURSTS,
     MAMF + ": 13 shares of the peak in five families of equal silicon and precision (A100; Hopper; Blackwell), pooled scatter"),
    (r"sustained-share", r"a100.*", ALL, between(0.935, 1), "between the A100 PCIe at 300 W and no loss at all; an A100 SXM may take 400 W"),
    (r"sustained-share", NEW, ALL, between(0.64, 0.935), "between the A100's 0.935 and the B200's 0.64: no other sustained rate is published"),
    (r"sustained-share-tensor", r"t4", ALL, between(0.591, 1), "between this run's and no loss at all: fewer products in turn draw less"),
    (r"depth-offset", r"v100", ALL, between(60, 300), "between 60 (fp32) and 300 (fp16) in DeepBench"),
    (r"depth-offset", ALL, ALL, 40 / 133, SIMUMAX + ": 133 +- 40"),
    (r"convolution-winograd-share", r"k80", ALL, scatter([1.16, 0.79, 1.12]),
     "scatter of V100, P100 and T4 in DeepBench: none of Winograd's is measured on Kepler"),
    (r"convolution-.*", r"k80", ALL, scatter([0.823, 0.638, 0.638, 0.612, 0.599, 0.689, 0.638, 0.628]),
     "scatter of kepler_convolutions.py's factors over eight networks"),
    *((figure, ALL, r"baidu", error, "standard error of the median over its shapes, pooled over " +
       ("V100 and T4" if figure.endswith("tensor") else "V100, P100 and T4") + " (costs/calibrations/deepbench.py)")
      for figure, error in MEDIAN_ERRORS.items()),
    *((figure, ALL, CARRIED, scatter(shares), "scatter of V100, P100 and T4 in DeepBench") for figure, shares in {
        "convolution-forward-share": [1.18, 0.93, 1.45], "convolution-backward-data-share": [0.95, 0.60, 1.33],
        "convolution-backward-weights-share": [0.66, 0.57, 0.685], "convolution-winograd-share": [1.16, 0.79, 1.12],
        "convolution-forward-share-tensor": [0.72, 0.885], "convolution-backward-data-share-tensor": [0.56, 0.67],
        "convolution-backward-weights-share-tensor": [0.46, 0.41]}.items()),
    (r"flash-forward-share-.*", ALL, ALL, scatter([1.073, 1.054, 1.015, 0.916, 1.132, 0.991, 1.187, 1.119, 0.988]),
     SIMUMAX + ", sdp_fwd: scatter over the 9 shapes of 16 heads or more"),
    (r"flash-backward-share-.*", ALL, ALL, scatter([0.802, 0.794, 0.780, 0.752, 0.976, 0.882, 1.005, 0.966, 0.888]),
     SIMUMAX + ", sdp_bwd: scatter over the 9 shapes of 16 heads or more"),
    (r"flash-half-length", ALL, ALL, between(143, 261), "between the two figures of this row's source"),
    (r"streaming-share", ALL, ALL, scatter([0.833, 0.697, 0.688, 0.796, 0.75, 0.666]), "scatter of V100, P100, T4, K80, A100 and B200"),
    (r"score-share", ALL, ALL, between(0.808 / 0.91, 1), SIMUMAX + ": cross-entropy at 0.808 where other streaming kernels reach 0.91"),
    (r"kernel-fixed-s", ALL, ALL, between(2.2, 5), "between the two figures of this row's source"),
    (r"host-issue-s", ALL, ALL, between(10, 54), "the distance of the two figures of this row's source"),
]


def spread_of(figure, device, source):
    for key, devices, sources, spread, spread_source in RULES:
        if re.fullmatch(key, figure) and re.fullmatch(devices, device) and re.match(sources, source):
            return {"spread": round(spread, 4), "spread-source": spread_source}
    return {}


def rewrite(name):
    with open(name, encoding="utf-8") as file:
        text = file.read()
    document = json.loads(text)
    if "gpu" not in document:
        return
    rows = []
    for row in document["gpu"]:
        row = {key: value for key, value in row.items() if not key.startswith("spread")}
        row.update(spread_of(row["figure"], document["device"], row["source"]))
        rows.append("\n  " + json.dumps(row, separators=(",", ":"), ensure_ascii=False))
    head = text[:text.index('"gpu": [') + len('"gpu": [')]
    with open(name, "w", encoding="utf-8") as file:
        file.write(head + ",".join(rows) + "]\n}\n")


for calibration in sys.argv[1:]:
    rewrite(calibration)
