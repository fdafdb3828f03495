#!/usr/bin/env python3
"""What convolutions reach on Kepler of what they reach on Pascal, beyond peak, matrix products and bandwidth: `kepler_convolutions.py FORERUN`.

Eight networks on a K40c and on a GTX 1080, forward and backward, 16 images of 224 x 224, in the same Torch with cuDNN 5.0.5: jcjohnson/cnn-benchmarks@4a6f3d45,
README.md. The K40c is priced as a K80 with its multiprocessors, peak (745 MHz, as that page has it) and bandwidth, the GTX 1080 as such a P100, both without
Winograd: Torch hands cuDNN no scratch memory unless it is asked to. The factor on the three shares of the K40c's convolutions is the one under which both are
equally far from their measurements. Nothing here was measured on a K80.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile

MILLISECONDS = {  # K40c, GTX 1080
    "alexnet": (61.48, 23.18), "vgg16": (920.21, 232.55), "vgg19": (1129.65, 281.69), "resnet18": (168.30, 47.07), "resnet34": (303.80, 79.70),
    "resnet50": (449.90, 153.90), "resnet101": (797.89, 235.33), "resnet152": (1146.73, 328.90),
}
K40C = {"multiprocessors": 15, "peak-fp32-flop-per-s": 4.29e12, "vector-peak-flop-per-s": 4.29e12, "bandwidth-bytes-per-s": 288e9}
GTX_1080 = {"multiprocessors": 20, "peak-fp32-flop-per-s": 8.87e12, "vector-peak-flop-per-s": 8.87e12, "bandwidth-bytes-per-s": 320e9}
SHARES = ("convolution-forward-share", "convolution-backward-data-share", "convolution-backward-weights-share")
HERE = os.path.dirname(os.path.abspath(__file__))


def calibration(device, figures, shares_of=None, factor=1.0):
    """A calibration with other figures, and with the shares of convolutions of another one times a factor."""
    def load(name):
        with open(os.path.join(HERE, f"{name}.calibration.json"), encoding="utf-8") as file:
            return json.load(file)
    document = load(device)
    shares = {row["figure"]: row["value"] for row in load(shares_of or device)["gpu"] if row["figure"] in SHARES}
    for row in document["gpu"]:
        row["value"] = figures.get(row["figure"], row["value"])
        if row["figure"] in shares:
            row["value"] = factor * shares[row["figure"]]
    return document


def predicted(forerun, network, document):
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(document, file)
    settings = {"workload.batch": 16, "workload.precision": "fp32", "workload.optimizer": "sgd", "calibration.convolution-workspace": "1B"}
    if network in ("resnet50", "resnet101", "resnet152"):
        settings["workload.stride-at"] = "1x1"  # models of Microsoft and Facebook from before torchvision's
    command = [forerun, "predict", "-w", network, "-p", "aws:p2.xlarge", "-s", "data=1,runtime=pytorch-ddp", "-c", file.name, "--samples", "0",
               "--format", "json"]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    os.remove(file.name)
    return 1e3 * json.loads(answer.stdout)["step_time_s"]


def factor(forerun, network):
    kepler, pascal = MILLISECONDS[network]
    wanted = kepler * predicted(forerun, network, calibration("p100", GTX_1080)) / pascal
    low, high = 0.1, 2.0
    for _ in range(20):
        middle = (low * high) ** 0.5
        if predicted(forerun, network, calibration("k80", K40C, "p100", middle)) > wanted:
            low = middle
        else:
            high = middle
    return (low * high) ** 0.5


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    factors = {network: factor(sys.argv[1], network) for network in MILLISECONDS}
    for network, value in factors.items():
        print(f"{network:10} {value:.3f}")
    print(f"median {statistics.median(factors.values()):.2f}")
