#!/usr/bin/env python3
"""Holds the shipped products against DeepBench and prints what set_spreads.py takes from it: `deepbench.py FOLDER`.

FOLDER holds DeepBench_NV_V100.xlsx, _P100.xlsx and _T4.xlsx of baidu-research/DeepBench@da81ba78, results/train. Priced as costs/gpu/product
and costs/gpu/convolution do, in a burst (without sustained-share-tensor). A convolution's share is its products' arithmetic at the rate of
products over the time measured less a kernel's fixed time; a share's error is the standard error of the median over the shapes of one pass,
sqrt(pi / 2) times the deviation of the logarithms over sqrt(n), root mean square over the devices.
"""
import json
import math
import os
import re
import statistics
import sys
import xml.etree.ElementTree
import zipfile

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
PASSES = ("forward", "backward-data", "backward-weights")
DEVICES = {"fp32": ("V100", "P100", "T4"), "fp16": ("V100", "T4")}  # a P100 has no tensor cores


def rows(folder, device, precision):
    """The rows of the sheet of a precision, each a cell's text by its column."""
    with zipfile.ZipFile(os.path.join(folder, f"DeepBench_NV_{device}.xlsx")) as book:
        def part(name):
            return xml.etree.ElementTree.fromstring(book.read("xl/" + name))
        strings = ["".join(text.text or "" for text in item.iter(MAIN + "t")) for item in part("sharedStrings.xml")]
        files = {relation.get("Id"): relation.get("Target") for relation in part("_rels/workbook.xml.rels")}
        sheet = next(sheet for sheet in part("workbook.xml").find(MAIN + "sheets")
                     if sheet.get("name").startswith("Results") and precision.upper() in sheet.get("name"))
        found = {}
        for cell in part(files[sheet.get(RELATION)]).iter(MAIN + "c"):
            value = cell.find(MAIN + "v")
            if value is not None:
                column, row = re.match(r"([A-Z]+)(\d+)", cell.get("r")).groups()
                found.setdefault(int(row), {})[column] = strings[int(value.text)] if cell.get("t") == "s" else value.text
        return [found[row] for row in sorted(found)]


def numbers(row, columns):
    try:
        return [float(row[column]) for column in columns]
    except (KeyError, ValueError):
        return None


def section(folder, device, precision, name):
    """The rows below a heading, up to the next one, and the row of their columns' names first."""
    inside = False
    for row in rows(folder, device, precision):
        if "A" in row:
            inside = row["A"] == name
        if inside:
            yield row


def model(device):
    name = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{device.lower()}.calibration.json")
    with open(name, encoding="utf-8") as file:
        return {row["figure"]: row["value"] for row in json.load(file)["gpu"]}


def work(gpu, product, tile_rows, tile_columns, most_splits):
    m, n, k, count = product
    tiles = math.ceil(m / tile_rows) * math.ceil(n / tile_columns) * count
    def waves(blocks):
        return math.ceil(blocks / gpu["multiprocessors"] - 1e-9)
    least = waves(tiles) * (k + gpu["depth-offset"])
    if 2 * tiles <= gpu["multiprocessors"] and most_splits > 1:
        splits = min(most_splits, gpu["multiprocessors"] // tiles)
        least = min(least, waves(tiles * splits) * (k / splits + gpu["depth-offset"]))
    return least * tile_rows * tile_columns


def arithmetic(gpu, precision, product, most_splits):
    m, n, k, count = product
    tiles = [(*map(int, key[len("tile-"):].split("x")), share) for key, share in gpu.items() if key.startswith("tile-")]
    efficiency = max(share * m * n * k * count / gpu["multiprocessors"] /
                     min(work(gpu, product, r, c, most_splits), work(gpu, product, c, r, most_splits)) for r, c, share in tiles)
    rate = gpu[f"product-share-{precision}"] * gpu["sustained-share"] * gpu[f"peak-{precision}-flop-per-s"]
    return 2 * m * n * k * count / (efficiency * rate)


def product_errors(folder, device, precision):
    gpu, errors = model(device), []
    for row in section(folder, device, precision, "Dense Matrix Multiplication"):
        if (values := numbers(row, "CDEI")) is None:
            continue
        m, n, k, milliseconds = values
        moved = (2 if precision == "fp16" else 4) * (m * k + k * n + m * n) / (gpu["streaming-share"] * gpu["bandwidth-bytes-per-s"])
        time = gpu["kernel-fixed-s"] + max(arithmetic(gpu, precision, (m, n, k, 1), gpu["most-splits"]), moved)
        errors.append((min(m, n, k) >= 128, abs(time / milliseconds * 1e3 - 1)))
    return [error for large, error in errors if large], [error for _, error in errors]


def convolution_shares(folder, device, precision, winograd):
    """Shares by pass; of Winograd's, the mean of the three passes of each shape: they are one choice of cuDNN's."""
    gpu, shares, tall_first = model(device), ([], [], []), False
    for row in section(folder, device, precision, "Convolution"):
        tall_first = tall_first or row.get("H") == "R"
        if (values := numbers(row, "CDEFGHIJKLM")) is None or values[2] <= 4:
            continue
        wide, high, c, batch, k, *window = map(int, values)
        s, r, pad_s, pad_r, stride_s, stride_r = (window[i ^ tall_first] for i in range(6))
        p, q = (wide - s + 2 * pad_s) // stride_s + 1, (high - r + 2 * pad_r) // stride_r + 1
        small = precision == "fp32" and (s, r, stride_s, stride_r) == (3, 3, 1, 1)
        if small != winograd:
            continue
        made, read = batch * p * q, batch * wide * high
        products = ((made, k, c * s * r, 1), (read, c, made / read * k * s * r, 1), (c * s * r, k, made, 1))
        if winograd:
            tiles, back = (batch * math.ceil(x / 3) * math.ceil(y / 3) for x, y in ((p, q), (wide, high)))
            products = ((tiles, k, c, 25), (back, c, k, 25), (c, k, tiles, 25))
        aligned = 1 if precision == "fp32" or c % 8 == k % 8 == 0 else gpu["unaligned-share"]
        for i, (column, product) in enumerate(zip("NOP", products)):
            if (time := numbers(row, column)) is not None:
                splits = gpu["multiprocessors" if i == 2 else "most-splits"]
                shares[i].append(arithmetic(gpu, precision, product, splits) / aligned / (time[0] * 1e-3 - gpu["kernel-fixed-s"]))
    return [[statistics.geometric_mean(each) for each in zip(*shares)]] if winograd else shares


def median_error(shares):
    return math.sqrt(math.pi / 2 / len(shares)) * statistics.stdev(map(math.log, shares))


def print_errors(folder, precision, winograd, names):
    by_device = [convolution_shares(folder, device, precision, winograd) for device in DEVICES[precision]]
    for i, name in enumerate(names):
        pooled = math.sqrt(statistics.mean(median_error(shares[i]) ** 2 for shares in by_device))
        print(f"convolution-{name:30} {pooled:.3f}, shapes {[len(shares[i]) for shares in by_device]}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for precision, devices in DEVICES.items():
        for device in devices:
            large, every = product_errors(sys.argv[1], device, precision)
            print(f"{device} {precision}: {len(large)} large products {statistics.mean(large):.1%}, all {len(every)} {statistics.mean(every):.1%}")
    print_errors(sys.argv[1], "fp32", False, [f"{each}-share" for each in PASSES])
    print_errors(sys.argv[1], "fp32", True, ["winograd-share"])
    print_errors(sys.argv[1], "fp16", False, [f"{each}-share-tensor" for each in PASSES])
