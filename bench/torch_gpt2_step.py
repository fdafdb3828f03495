#!/usr/bin/env python3
"""Training steps of GPT-2 124M on a GPU by PyTorch, and by `forerun train --device cuda` beside it.

Why: users train with PyTorch, so our step is to take no longer. Both sides: AdamW on float32 weights, bf16 activations (autocast), sequences of
1024 tokens, no dropout, exact GELU, the vocabulary's table tied to the head. PyTorch's side is what its users would run: torch.compile, fused
AdamW, flash attention (scaled_dot_product_attention). Networks of the zoo follow, in fp32 (without TF32) and bf16, compiled, in PyTorch's
channels-last layout, which is ours. Medians of steps, each timed by events; data stand ready on the GPU.

    python3 bench/torch_gpt2_step.py [--forerun build/cuda/cli/forerun] [--batch 8] [--steps 20] [--only gpt2,resnet50] [--eager]

Needs PyTorch with CUDA (a throw-away environment is enough: python3 -m venv /path && /path/bin/pip install torch). Prints CSV.
"""
import argparse
import contextlib
import json
import math
import statistics
import subprocess
import sys

SEQUENCE, VOCABULARY, HIDDEN, HEADS, LAYERS = 1024, 50257, 768, 12, 12
ZOO = {"mlp-wide": 512, "mnist-cnn": 512, "vgg11-cifar10": 256, "alexnet": 128, "resnet18": 128, "resnet50": 64}  # batches


def gpt2(torch):
    """GPT-2 small of Radford et al. 2019, 124,439,808 parameters."""
    nn, functional = torch.nn, torch.nn.functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.LayerNorm(HIDDEN), nn.LayerNorm(HIDDEN)
            self.all_three, self.joined = nn.Linear(HIDDEN, 3 * HIDDEN), nn.Linear(HIDDEN, HIDDEN)
            self.up, self.down = nn.Linear(HIDDEN, 4 * HIDDEN), nn.Linear(4 * HIDDEN, HIDDEN)

        def forward(self, x):
            batch, tokens, _ = x.shape
            parts = self.all_three(self.first(x)).view(batch, tokens, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4)
            seen = functional.scaled_dot_product_attention(*parts, is_causal=True)
            x = x + self.joined(seen.transpose(1, 2).reshape(batch, tokens, HIDDEN))
            return x + self.down(functional.gelu(self.up(self.second(x))))

    class Gpt2(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.positions = nn.Embedding(VOCABULARY, HIDDEN), nn.Embedding(SEQUENCE, HIDDEN)
            self.blocks, self.norm = nn.Sequential(*[Block() for _ in range(LAYERS)]), nn.LayerNorm(HIDDEN)
            self.register_buffer("places", torch.arange(SEQUENCE), persistent=False)
            for parameter in self.parameters():
                if parameter.dim() > 1:
                    nn.init.normal_(parameter, std=0.02)

        def forward(self, tokens):
            x = self.blocks(self.tokens(tokens) + self.positions(self.places))
            return functional.linear(self.norm(x), self.tokens.weight)

    return Gpt2()


def zoo_network(torch, name):
    """The network, the shape of a sample, its classes: those of pytorch_steps.py, and torchvision's ResNet-50."""
    if name == "resnet50":
        from torchvision.models import resnet50

        return resnet50(), (3, 224, 224), 1000
    if name == "resnet18":
        from torchvision.models import resnet18

        return resnet18(), (3, 224, 224), 1000
    from pytorch_steps import network

    return network(torch.nn, name)


class Steps:
    """Steps of one network in one precision."""

    def __init__(self, torch, name, batch, precision, compiled):
        self.torch = torch
        if name == "gpt2":
            model, self.classes = gpt2(torch), VOCABULARY
            self.inputs = torch.randint(VOCABULARY, (batch, SEQUENCE), device="cuda")
            self.labels = torch.randint(VOCABULARY, (batch * SEQUENCE,), device="cuda")
        else:
            model, sample, self.classes = zoo_network(torch, name)
            self.inputs = torch.randn(batch, *sample, device="cuda")
            self.labels = torch.randint(self.classes, (batch,), device="cuda")
        self.parameters = sum(p.numel() for p in model.parameters())
        model = model.cuda()
        if self.inputs.dim() == 4:
            model, self.inputs = (x.to(memory_format=torch.channels_last) for x in (model, self.inputs))
        if name == "gpt2":
            self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
        else:
            self.optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, fused=True)
        self.model = torch.compile(model) if compiled else model
        bf16 = torch.autocast("cuda", dtype=torch.bfloat16)
        self.precision = bf16 if precision == "bf16" else contextlib.nullcontext()

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        with self.precision:
            logits = self.model(self.inputs)
            loss = self.torch.nn.functional.cross_entropy(logits.reshape(-1, self.classes), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss

    def times(self, warm_up, steps):
        for _ in range(warm_up):
            loss = self.step()
        self.torch.cuda.synchronize()
        events = [[self.torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(steps)]
        for begin, end in events:
            begin.record()
            loss = self.step()
            end.record()
        self.torch.cuda.synchronize()
        if not math.isfinite(loss.item()):
            sys.exit("the loss is no number")
        return [1e-3 * begin.elapsed_time(end) for begin, end in events]


def our_step(forerun, name, batch, precision, steps):
    """The median over the steps of one run of ours [s], or nothing where it cannot."""
    settings = [f"workload.batch={batch}", f"workload.precision={precision}"]
    if name == "gpt2":
        settings += [f"workload.sequence={SEQUENCE}", "workload.optimizer=adamw", "workload.dropout=false"]
    command = [forerun, "train", "--device", "cuda", "--workload", name, "--steps", str(steps), "--warm-up", "5", "--format", "json"]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        print(f"# {' '.join(command)}: {done.stderr.strip()}", flush=True)
        return None
    return json.loads(done.stdout)["step_time_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forerun", help="also time this forerun's own step")
    parser.add_argument("--batch", type=int, default=8, help="sequences of GPT-2 a step")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--only", default=",".join(["gpt2", *ZOO]))
    parser.add_argument("--eager", action="store_true", help="without torch.compile")
    options = parser.parse_args()
    import torch  # after the options, so that --help needs none

    if not torch.cuda.is_available():
        sys.exit("PyTorch sees no GPU")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    print(f"# PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.get_device_name(0)}")
    print("network,batch,precision,mode,pytorch_ms,p10_ms,p90_ms,forerun_ms,forerun_over_pytorch", flush=True)
    for name in options.only.split(","):
        batch = options.batch if name == "gpt2" else ZOO[name]
        for precision in ("bf16",) if name == "gpt2" else ("bf16", "fp32"):
            try:
                theirs = Steps(torch, name, batch, precision, not options.eager).times(5, options.steps)
            except Exception as error:  # one network is not to cost the others
                print(f"# {name} in {precision}: {error}", flush=True)
                continue
            finally:
                torch.cuda.empty_cache()
            tenths = statistics.quantiles(theirs, n=10)
            row = [name, batch, precision, "eager" if options.eager else "compiled"]
            row += [f"{1e3 * t:.4g}" for t in (statistics.median(theirs), tenths[0], tenths[-1])]
            ours = our_step(options.forerun, name, batch, precision, options.steps) if options.forerun else None
            row += [f"{1e3 * ours:.4g}", f"{ours / statistics.median(theirs):.3f}"] if ours else ["", ""]
            print(",".join(str(cell) for cell in row), flush=True)


if __name__ == "__main__":
    main()
