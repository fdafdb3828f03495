"""Exports networks with PyTorch's two ONNX exporters, without folding constants, and writes what they should import to.

    python export_onnx.py            # writes onnx/*.onnx and onnx/pytorch.csv beside this file

Weights are left out: every initialiser keeps its name, type and dims, and loses its data where it has more than 64 elements. The CSV
has, for each file, the exporting model's own parameter count and the operations that torch.utils.flop_counter.FlopCounterMode counts
for one sample. Made with torch 2.15.0, torchvision 0.29.2, transformers 5.23.0, onnx 1.23.2, onnxscript 0.7.2.
"""

import csv
import pathlib
import sys
import warnings

import numpy
import onnx
import torch
import torchvision
import transformers
from torch.utils.flop_counter import FlopCounterMode

FOLDER = pathlib.Path(__file__).parent / "onnx"
MOST_KEPT = 64  # elements: shapes, axes and scalars


class Logits(torch.nn.Module):
    """A transformers model as a function of token ids alone."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        # With a mask transformers does not look for several sequences in one row, which not every exporter can write down.
        return self.model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids)).logits


def gpt2():
    config = transformers.GPT2Config(use_cache=False)
    config._attn_implementation = "eager"
    return Logits(transformers.GPT2LMHeadModel(config))


def gpt2_of_two_blocks():
    config = transformers.GPT2Config(use_cache=False, n_layer=2)
    config._attn_implementation = "sdpa"
    return Logits(transformers.GPT2LMHeadModel(config))


def bert(attention="eager"):
    config = transformers.BertConfig()
    config._attn_implementation = attention
    return Logits(transformers.BertForMaskedLM(config))


def image(edge=224):
    return torch.zeros(2, 3, edge, edge)


def tokens(length):
    return torch.zeros(2, length, dtype=torch.int64)


# name, model, input, whether the sequence is symbolic too
NETWORKS = [
    ("resnet50", torchvision.models.resnet50, image, False),
    ("vgg16", torchvision.models.vgg16, image, False),
    ("mobilenet-v2", torchvision.models.mobilenet_v2, image, False),
    ("bert-base", bert, lambda: tokens(128), True),
    ("gpt2", gpt2, lambda: tokens(1024), False),
    ("gpt2-2-blocks", gpt2_of_two_blocks, lambda: tokens(128), True),
]


def strip(model):
    """Data that only training needs goes; dims stay. Tensors between nodes get short names."""
    kept = {t.name for t in [*model.graph.initializer, *model.graph.input, *model.graph.output]}
    short = {}
    for node in model.graph.node:
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                if name and name not in kept:
                    names[i] = short.setdefault(name, f"t{len(short)}")

    def tensor(t):
        if numpy.prod(t.dims, dtype=numpy.int64) > MOST_KEPT:
            for field in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "external_data"):
                t.ClearField(field)
            t.ClearField("data_location")

    for t in model.graph.initializer:
        tensor(t)
    for node in model.graph.node:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
        for attribute in node.attribute:
            if attribute.HasField("t"):
                tensor(attribute.t)
    for value in list(model.graph.value_info):
        model.graph.value_info.remove(value)
    model.graph.ClearField("metadata_props")
    model.ClearField("metadata_props")
    return model


def scripted(model, sample, symbolic, path):
    axes = {0: "batch", 1: "sequence"} if symbolic else {0: "batch"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (sample,), str(path), dynamo=False, opset_version=17, do_constant_folding=False,
                          training=torch.onnx.TrainingMode.TRAINING, input_names=["input"], output_names=["logits"],
                          dynamic_axes={"input": axes, "logits": {0: "batch"}})


def dynamo(model, sample, symbolic, path):
    model.eval()
    axes = {0: torch.export.Dim("batch")}
    if symbolic:
        axes[1] = torch.export.Dim("sequence")
    program = torch.onnx.export(model, (sample,), dynamo=True, opset_version=20, optimize=False, input_names=["input"],
                                output_names=["logits"], dynamic_shapes=(axes,))
    program.save(str(path), external_data=False)


def flops(model, sample):
    model.eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        model(sample[:1])
    return counter.get_total_flops()


def main(chosen):
    FOLDER.mkdir(exist_ok=True)
    rows = []
    for name, make, example, symbolic in NETWORKS:
        if chosen and name not in chosen:
            continue
        for exporter in (scripted, dynamo):
            torch.manual_seed(0)
            model, sample = make(), example()
            path = FOLDER / f"{name}-{exporter.__name__}.onnx"
            operations = flops(model, sample)
            try:
                exporter(model, sample, symbolic, path)
            except Exception as error:  # an exporter that cannot do a network is reported, not hidden
                print(f"{path.name}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
                path.unlink(missing_ok=True)
                continue
            onnx.save(strip(onnx.load(str(path), load_external_data=False)), str(path))
            parameters = sum(p.numel() for p in model.parameters())
            settings = f"sequence={sample.shape[1]}" if symbolic else ""
            rows.append([path.name, settings, parameters, operations])
            print(*rows[-1], path.stat().st_size)
    if not chosen:
        with open(FOLDER / "pytorch.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["file", "settings", "parameters", "flops"])
            writer.writerows(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
