"""Counts of convolutional networks by PyTorch, which tests/workloads/convolutional.cpp compares with the zoo's.

    python torch_convolutional.py > torch_convolutional.csv

Made with Python 3.11, torch 2.15 and torchvision 0.29; no weights are allocated (meta device), nothing is downloaded.
Each row is a workload with settings, and of the same network in PyTorch:
  parameters           elements of all parameters
  matrix_flops         torch.utils.flop_counter.FlopCounterMode, forward, one sample
  activation_elements  elements of what the operators of the forward pass write for one sample, views and losses left out
Networks are torchvision's own where it has them with these settings; the rest is written here from the papers. Where both exist
(ResNet), they are held against each other first. They run in training mode with two samples, as batch norm demands.
"""

import csv
import sys

import torch
import torchvision
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

BATCH = 2
WRITERS = {
    "convolution", "_batch_norm_with_update", "native_batch_norm", "cudnn_batch_norm", "relu", "relu_", "hardtanh", "hardtanh_",
    "leaky_relu", "leaky_relu_", "tanh", "max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool2d", "avg_pool3d", "mean",
    "_adaptive_avg_pool2d", "add", "add_", "cat", "addmm", "mul", "constant_pad_nd", "upsample_bilinear2d", "_to_copy",
}
# And a dropout's mask, which the zoo counts beside its output (kept_bytes).
VIEWS = {"bernoulli_", "div_", "view", "_unsafe_view", "t", "transpose", "permute", "slice", "detach", "alias", "expand", "unsqueeze",
         "select", "empty", "empty_like"}


class Written(TorchDispatchMode):
    """Elements that operators write."""

    def __init__(self):
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        result = function(*arguments, **(keywords or {}))
        name = function.overloadpacket.__name__
        if name in WRITERS:
            first = result[0] if isinstance(result, (tuple, list)) else result
            counter = name in ("add", "add_") and first.numel() == 1  # batch norm counts its batches
            same = name == "_adaptive_avg_pool2d" and arguments[0].shape == first.shape  # pools 7 x 7 to 7 x 7
            unequal = name == "constant_pad_nd" and first.dim() == 5  # how PyTorch pads one side of a convolution
            if not counter and not same and not unequal:
                self.elements += first.numel()
        elif name not in VIEWS:
            raise RuntimeError(f"an operator of which it is not said whether it writes: {name}")
        return result


def counts(network, shape):
    network.train()
    x = torch.empty(BATCH, *shape, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as flops, Written() as written:
        network(x)
    parameters = sum(p.numel() for p in network.parameters())
    assert flops.get_total_flops() % BATCH == 0 and written.elements % BATCH == 0
    return parameters, flops.get_total_flops() // BATCH, written.elements // BATCH


class Vgg(nn.Sequential):
    STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}

    def __init__(self, layers=16, image=224, channels_in=3, classes=1000, width=64, head=None, batch_norm=False, dropout=True):
        head = head or 64 * width
        parts, inputs = [], channels_in
        for stage, count in enumerate(self.STAGES[layers]):
            for _ in range(count):
                outputs = width * 2 ** min(stage, 3)
                parts += [nn.Conv2d(inputs, outputs, 3, padding=1)]
                parts += [nn.BatchNorm2d(outputs)] if batch_norm else []
                parts += [nn.ReLU()]
                inputs = outputs
            parts += [nn.MaxPool2d(2)]
        parts += [nn.AdaptiveAvgPool2d(7), nn.Flatten()]
        inputs *= 49
        for _ in range(2):
            parts += [nn.Linear(inputs, head), nn.ReLU()] + ([nn.Dropout()] if dropout else [])
            inputs = head
        super().__init__(*parts, nn.Linear(head, classes))


class Pad(nn.Module):
    """Option A of He et al.: every second position, zeros for the new channels. Written at once, as the zoo counts it."""

    def __init__(self, channels, stride):
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return nn.functional.pad(x, (0, 0, 0, 0, 0, self.channels - x.shape[1]))


class Block(nn.Module):
    def __init__(self, inputs, width, stride, bottleneck, shortcut, stride_at):
        super().__init__()
        outputs = 4 * width if bottleneck else width
        first = stride if stride_at == "1x1" else 1
        shapes = ([(inputs, width, 1, first), (width, width, 3, stride // first), (width, outputs, 1, 1)] if bottleneck else
                  [(inputs, width, 3, stride), (width, width, 3, 1)])
        parts = []
        for i, o, window, step in shapes:
            parts += [nn.Conv2d(i, o, window, step, window // 2, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
        self.body = nn.Sequential(*parts[:-1])
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = Pad(outputs, stride) if shortcut == "pad" else nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


class Resnet(nn.Sequential):
    def __init__(self, blocks, block="bottleneck", stem="imagenet", shortcut="projection", stride_at="3x3", image=224, channels_in=3,
                 classes=1000, width=64):
        window, stride = (7, 2) if stem == "imagenet" else (3, 1)
        parts = [nn.Conv2d(channels_in, width, window, stride, window // 2, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        parts += [nn.MaxPool2d(3, 2, 1)] if stem == "imagenet" else []
        inputs = width
        for stage, count in enumerate(blocks):
            for i in range(count):
                outputs = width << stage
                parts += [Block(inputs, outputs, 2 if stage > 0 and i == 0 else 1, block == "bottleneck", shortcut, stride_at)]
                inputs = 4 * outputs if block == "bottleneck" else outputs
        super().__init__(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))


class TwoConvolutions(nn.Sequential):
    def __init__(self, inputs, middle, outputs, padded, batch_norm):
        parts = []
        for i, o in ((inputs, middle), (middle, outputs)):
            parts += [nn.Conv2d(i, o, 3, padding=1 if padded else 0, bias=not batch_norm)]
            parts += [nn.BatchNorm2d(o)] if batch_norm else []
            parts += [nn.ReLU()]
        super().__init__(*parts)


class Unet(nn.Module):
    def __init__(self, image=572, channels_in=1, classes=2, width=64, depth=4, padded=False, up="transposed", batch_norm=False):
        super().__init__()
        self.padded = padded
        halved = up == "bilinear"
        self.down, self.up, self.join = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        inputs = channels_in
        for level in range(depth + 1):
            outputs = (width << level) // (2 if halved and level == depth else 1)
            self.down += [TwoConvolutions(inputs, outputs, outputs, padded, batch_norm)]
            inputs = outputs
        for level in reversed(range(depth)):
            outputs = width << level
            last = outputs // 2 if halved and level > 0 else outputs
            self.up += [nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True) if halved else
                        nn.ConvTranspose2d(inputs, inputs // 2, 2, stride=2)]
            self.join += [TwoConvolutions(2 * outputs, outputs, last, padded, batch_norm)]
            inputs = last
        self.classifier = nn.Conv2d(inputs, classes, 1)

    def forward(self, x):
        skips = []
        for level, convolutions in enumerate(self.down):
            x = convolutions(x if level == 0 else nn.functional.max_pool2d(x, 2))
            skips += [x]
        skips.pop()
        for enlarge, convolutions in zip(self.up, self.join):
            skip, x = skips.pop(), enlarge(x)
            surplus = skip.shape[2] - x.shape[2]
            if surplus > 0 and self.padded:
                x = nn.functional.pad(x, (surplus // 2, surplus - surplus // 2) * 2)
            elif surplus > 0:
                skip = nn.functional.pad(skip, (-(surplus // 2), surplus // 2 - surplus) * 2)
            x = convolutions(torch.cat((skip, x), 1))
        return self.classifier(x)


class Cosmoflow(nn.Sequential):
    def __init__(self, image=128, channels_in=4, filters=(32, 64, 128, 256, 512), windows=None, strides=None, pools=None, pooling="max",
                 padded=True, dense=(128, 64), outputs=4, tanh=True, dropout=True):
        windows, strides = windows or [2] * len(filters), strides or [1] * len(filters)
        pools = len(filters) if pools is None else pools
        parts, inputs, edge = [], channels_in, image
        for i, filter in enumerate(filters):
            parts += [nn.Conv3d(inputs, filter, windows[i], strides[i], "same" if padded else "valid"), nn.LeakyReLU()]
            edge = edge if padded else (edge - windows[i]) // strides[i] + 1
            if i < pools:
                parts += [nn.MaxPool3d(2) if pooling == "max" else nn.AvgPool3d(2)]
                edge //= 2
            inputs = filter
        parts += [nn.Flatten()]
        inputs *= edge**3
        for width in dense:
            parts += [nn.Linear(inputs, width), nn.LeakyReLU()] + ([nn.Dropout()] if dropout else [])
            inputs = width
        super().__init__(*parts, nn.Linear(inputs, outputs), *([nn.Tanh()] if tanh else []))


def vision(name):
    """A network of torchvision, with its names for the settings."""

    def build(image=None, classes=1000, **settings):
        keywords = dict(num_classes=classes)
        if "width" in settings:
            keywords["width_mult"] = settings["width"]
        if name == "inception_v3":
            keywords.update(aux_logits=settings.get("auxiliary", True), init_weights=False)
        return getattr(torchvision.models, name)(**keywords)

    return build


def alexnet_without_dropout(**settings):
    network = torchvision.models.alexnet()
    network.classifier = nn.Sequential(*(m for m in network.classifier if not isinstance(m, nn.Dropout)))
    return network


class Vgg11Cifar(nn.Sequential):
    def __init__(self, **settings):
        features = torchvision.models.vgg11().features
        super().__init__(features, nn.Flatten(), nn.Linear(512, 10))


MODELS = {
    "alexnet": (alexnet_without_dropout, 224, 3, {}),
    "vgg11-cifar10": (Vgg11Cifar, 32, 3, {}),
    "inception-v3": (vision("inception_v3"), 299, 3, {}),
    "mobilenet-v2": (vision("mobilenet_v2"), 224, 3, {}),
    "unet": (Unet, 572, 1, {}),
    "cosmoflow": (Cosmoflow, 128, 4, {}),
    "cosmoflow-2018": (Cosmoflow, 128, 1, dict(
        filters=(16, 32, 64, 128, 256, 256, 256), windows=(3, 4, 4, 3, 3, 2, 2), strides=(1, 1, 1, 2, 1, 1, 1), pools=3, pooling="average",
        padded=False, dense=(2048, 256), outputs=3, tanh=False)),
    "resnet32-cifar10": (Resnet, 32, 3, dict(blocks=(5, 5, 5), block="basic", stem="cifar", shortcut="pad", width=16, classes=10)),
}
for depth in (11, 13, 16, 19):
    MODELS[f"vgg{depth}"] = (Vgg, 224, 3, dict(layers=depth))
RESNETS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
for depth, blocks in RESNETS.items():
    MODELS[f"resnet{depth}"] = (Resnet, 224, 3, dict(blocks=blocks, block="basic" if depth < 50 else "bottleneck"))

CHANGED = [
    ("vgg11", "image=160"), ("vgg11", "image=192 classes=10"), ("vgg13", "width=32 channels-in=1"), ("vgg16", "head=512"),
    ("vgg16", "batch-norm=true"), ("vgg19", "batch-norm=true dropout=false image=256"),
    ("resnet18", "image=160"), ("resnet18", "width=48 classes=10"), ("resnet34", "channels-in=1 image=97"), ("resnet50", "stride-at=1x1"),
    ("resnet50", "image=288 classes=21841"), ("resnet50", "width=128"), ("resnet50", "shortcut=pad"), ("resnet101", "stride-at=1x1"),
    ("resnet152", "stride-at=1x1"), ("resnet152", "image=320"), ("resnet50", "blocks=3,4,36,3"),
    ("resnet18", "stem=cifar image=32 classes=10"),
    ("resnet32-cifar10", "shortcut=projection"), ("resnet32-cifar10", "blocks=9,9,9"), ("resnet32-cifar10", "image=33 classes=100"),
    ("inception-v3", "auxiliary=false"), ("inception-v3", "classes=10 image=320"), ("inception-v3", "auxiliary=false image=75"),
    ("mobilenet-v2", "width=0.35"), ("mobilenet-v2", "width=0.75 image=160"), ("mobilenet-v2", "width=1.4"),
    ("mobilenet-v2", "image=96 classes=2"),
    ("unet", "image=256 padded=true"), ("unet", "image=256 padded=true batch-norm=true channels-in=3 classes=1"),
    ("unet", "image=256 padded=true batch-norm=true channels-in=3 up=bilinear"), ("unet", "image=300 padded=true width=32"),
    ("unet", "image=700 depth=3"), ("unet", "up=bilinear width=16"), ("unet", "image=96 width=32 padded=true channels-in=3 classes=1"),
    ("cosmoflow", "image=64"), ("cosmoflow", "filters=16,32,64,128,256 dense=64"),
    ("cosmoflow", "windows=3,3,2,2,2 outputs=3 channels-in=1"),
    ("cosmoflow", "image=256"), ("cosmoflow-2018", "image=140 outputs=2"),
]


def value(text):
    if "," in text:
        return tuple(int(word) for word in text.split(","))
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def row(workload, settings):
    build, image, channels, fixed = MODELS[workload]
    given = {key.replace("-", "_"): value(text) for key, text in (word.split("=") for word in settings.split())}
    keywords = {**fixed, **given}
    for listed in ("dense",):
        if isinstance(keywords.get(listed), int):
            keywords[listed] = (keywords[listed],)
    image, channels = keywords.get("image", image), keywords.get("channels_in", channels)
    keywords.update(image=image, channels_in=channels)
    shape = (channels,) + (image,) * (3 if workload.startswith("cosmoflow") else 2)
    with torch.device("meta"):
        network = build(**keywords)
    return (workload, settings, *counts(network, shape))


def main():
    for depth in RESNETS:
        with torch.device("meta"):
            theirs = counts(getattr(torchvision.models, f"resnet{depth}")(), (3, 224, 224))
        assert theirs == row(f"resnet{depth}", "")[2:], depth
    for depth in Vgg.STAGES:
        for suffix, settings in (("", ""), ("_bn", "batch-norm=true")):
            with torch.device("meta"):
                theirs = counts(getattr(torchvision.models, f"vgg{depth}{suffix}")(), (3, 224, 224))
            assert theirs == row(f"vgg{depth}", settings)[2:], depth
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("workload", "settings", "parameters", "matrix_flops", "activation_elements"))
    for name in sorted(MODELS):
        out.writerow(row(name, ""))
    for name, settings in CHANGED:
        out.writerow(row(name, settings))


if __name__ == "__main__":
    main()
