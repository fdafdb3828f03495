#!/usr/bin/env python3
"""Training steps of `forerun train` beside PyTorch's, on this machine.

Why: users train with PyTorch, so our kernels are to take no longer. Same network, batch, optimizer (SGD with momentum 0.9) and threads; both
sides take turns, so that a slow spell of the machine meets both; medians over rounds of the medians of steps. Data stand ready in memory on both sides, and steps
of PyTorch are eager, in its usual layout (NCHW) and with --channels-last in ours (NHWC).

    python3 bench/pytorch_steps.py build/release/cli/forerun [--threads 1] [--rounds 5] [--ranks] [--only mlp,resnet18] [--channels-last]

Needs PyTorch (a CPU build is enough). With --ranks our threads are ranks (--strategy data=2), each with half of the batch and all weights.
"""
import argparse
import json
import statistics
import subprocess
import time

MODELS = {  # our workload's name: settings, batch, steps a round
    "logistic-regression": ([], 64, 400),
    "mlp": ([], 64, 300),
    "mlp-wide": ([], 64, 40),
    "mnist-cnn": ([], 64, 20),
    "vgg11-cifar10": ([], 32, 4),
    "alexnet": ([], 8, 3),
    "resnet18": (["workload.image=64"], 16, 4),
}


def conv(nn, channels, outputs, **options):
    return [nn.Conv2d(channels, outputs, **options), nn.ReLU()]


def vgg11(nn):
    layers, channels = [], 3
    for stage in ([64], [128], [256, 256], [512, 512], [512, 512]):
        for outputs in stage:
            layers += conv(nn, channels, outputs, kernel_size=3, padding=1)
            channels = outputs
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))


def alexnet(nn):
    pool = nn.MaxPool2d(3, 2)
    return nn.Sequential(
        *conv(nn, 3, 64, kernel_size=11, stride=4, padding=2), pool, *conv(nn, 64, 192, kernel_size=5, padding=2), pool,
        *conv(nn, 192, 384, kernel_size=3, padding=1), *conv(nn, 384, 256, kernel_size=3, padding=1),
        *conv(nn, 256, 256, kernel_size=3, padding=1), pool, nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(), nn.Linear(4096, 4096),
        nn.ReLU(), nn.Linear(4096, 1000))


def resnet18(nn):
    class Block(nn.Module):
        def __init__(self, channels, outputs, stride):
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(channels, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
                nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
            self.shortcut = nn.Identity()
            if stride != 1 or channels != outputs:
                self.shortcut = nn.Sequential(nn.Conv2d(channels, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x):
            return self.relu(self.body(x) + self.shortcut(x))

    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, outputs in enumerate((64, 128, 256, 512)):
        for i in range(2):
            layers.append(Block(channels, outputs, 2 if i == 0 and stage > 0 else 1))
            channels = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


def network(nn, name):
    """The network, the shape of a sample, its classes."""
    if name == "logistic-regression":
        return nn.Linear(784, 10), (784,), 10
    if name == "mlp":
        return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)), (784,), 10
    if name == "mlp-wide":
        return nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10)), (784,), 10
    if name == "mnist-cnn":
        return nn.Sequential(*conv(nn, 1, 32, kernel_size=3), nn.MaxPool2d(2), *conv(nn, 32, 64, kernel_size=3), nn.MaxPool2d(2),
                             nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10)), (1, 28, 28), 10
    if name == "vgg11-cifar10":
        return vgg11(nn), (3, 32, 32), 10
    if name == "alexnet":
        return alexnet(nn), (3, 224, 224), 1000
    return resnet18(nn), (3, 64, 64), 1000


class Torch:
    """Steps of one network."""

    def __init__(self, torch, name, batch, channels_last):
        model, sample, classes = network(torch.nn, name)
        self.parameters = sum(p.numel() for p in model.parameters())
        self.inputs = torch.randn(batch, *sample)
        if channels_last and len(sample) == 3:
            model = model.to(memory_format=torch.channels_last)
            self.inputs = self.inputs.to(memory_format=torch.channels_last)
        self.model, self.labels = model, torch.randint(classes, (batch,))
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)

    def steps(self, count):
        times = []
        for _ in range(count):
            start = time.perf_counter()
            self.optimizer.zero_grad(set_to_none=True)
            self.loss(self.model(self.inputs), self.labels).backward()
            self.optimizer.step()
            times.append(time.perf_counter() - start)
        return times


def our_step(forerun, name, settings, batch, count, cores):
    """The median over the steps of one run."""
    command = [forerun, "train", "--workload", name, "--steps", str(count), "--warm-up", "2", "--format", "json", *cores]
    for setting in [*settings, f"workload.batch={batch}"]:
        command += ["--set", setting]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["step_time_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forerun")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ranks", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(MODELS))
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()
    import torch  # after the options, so that --help needs none

    torch.set_num_threads(options.threads)
    cores = ["--strategy", f"data={options.threads}"] if options.ranks else ["--threads", str(options.threads)]
    print(f"PyTorch {torch.__version__}, {options.threads} thread(s), {'NHWC' if options.channels_last else 'NCHW'}\n")
    print("| network | batch | Forerun ms | PyTorch ms | Forerun / PyTorch |")
    print("|---|---|---|---|---|")
    for name in options.only.split(","):
        settings, batch, count = MODELS[name]
        theirs = Torch(torch, name, batch, options.channels_last)
        theirs.steps(3)
        times = {"ours": [], "theirs": []}
        for _ in range(options.rounds):
            times["ours"].append(our_step(options.forerun, name, settings, batch, count, cores))
            times["theirs"].append(statistics.median(theirs.steps(count)))
        ours_ms, theirs_ms = (1e3 * statistics.median(times[side]) for side in ("ours", "theirs"))
        print(f"| {name} | {batch} | {ours_ms:.4g} | {theirs_ms:.4g} | {ours_ms / theirs_ms:.2f} |", flush=True)


if __name__ == "__main__":
    main()
