"""Bytes of the tensors that PyTorch's autograd really saves for the backward pass of small networks: saved_tensors.csv.

Run as `python saved_tensors.py > saved_tensors.csv` with torch 2.15.0 (the CPU build is enough). A batch of one sample; a storage counts
once, however many functions save it or views of it. Weights and buffers do not count. left_out_bytes are the statistics of norms and
the labels, which Forerun neglects; scalars are left out altogether.
Two counts must agree: what the graph's functions hold, and what the hooks of saved tensors see.
Dropout is torch.native_dropout, what runs on a GPU: on a CPU torch.nn.functional.dropout keeps a float mask.
"""

import torch
import torch.nn.functional as F

LEFT_OUT = {
    "NativeLayerNormBackward0": ("_saved_result1", "_saved_result2"),
    "NativeBatchNormBackward0": ("_saved_result1", "_saved_result2"),
    "NllLossBackward0": ("_saved_target",),
}


def functions(loss):
    """All functions of the backward graph."""
    seen, todo = set(), [loss.grad_fn]
    while todo:
        function = todo.pop()
        if function is None or function in seen:
            continue
        seen.add(function)
        todo += [following for following, _ in function.next_functions]
    return seen


def saved_storages(loss):
    """{storage: (bytes, whether it is left out)} of the graph's saved tensors."""
    storages = {}
    for function in functions(loss):
        for name in dir(function):
            tensor = getattr(function, name) if name.startswith("_saved_") else None
            if isinstance(tensor, torch.Tensor) and tensor.dim() > 0:
                storage = tensor.untyped_storage()
                storages[storage.data_ptr()] = (storage.nbytes(), name in LEFT_OUT.get(function.name(), ()))
    return storages


def row(name, module, *inputs):
    own = {t.untyped_storage().data_ptr() for t in [*module.parameters(), *module.buffers()]}
    hooked = {}

    def pack(tensor):
        if tensor.dim() > 0:
            hooked[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = module(*inputs)
    found = {key: value for key, value in saved_storages(loss).items() if key not in own}
    total = sum(size for size, _ in found.values())
    assert total == sum(size for key, size in hooked.items() if key not in own)
    left_out = sum(size for size, out in found.values() if out)
    print(f"{name},{total - left_out},{left_out}")


def dropout(x):
    return torch.native_dropout(x, 0.1, True)[0]


class Block(torch.nn.Module):
    def __init__(self, hidden, heads, flash):
        super().__init__()
        self.heads, self.flash = heads, flash
        self.norm1, self.norm2 = torch.nn.LayerNorm(hidden), torch.nn.LayerNorm(hidden)
        self.query, self.key, self.value, self.projection = (torch.nn.Linear(hidden, hidden) for _ in range(4))
        self.up, self.down = torch.nn.Linear(hidden, 4 * hidden), torch.nn.Linear(4 * hidden, hidden)

    def attend(self, x):
        batch, tokens, hidden = x.shape
        q, k, v = (f(x).view(batch, tokens, self.heads, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        if self.flash:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            mask = torch.full((tokens, tokens), float("-inf")).triu(1)
            scores = q @ k.transpose(2, 3) * (hidden // self.heads) ** -0.5 + mask
            mixed = dropout(torch.softmax(scores, -1)) @ v
        return dropout(self.projection(mixed.transpose(1, 2).reshape(batch, tokens, hidden)))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + dropout(self.down(F.gelu(self.up(self.norm2(x)))))


class Gpt(torch.nn.Module):
    """2 layers, hidden 32, 4 heads, 24 tokens of 50."""

    def __init__(self, flash):
        super().__init__()
        self.tokens, self.positions = torch.nn.Embedding(50, 32), torch.nn.Embedding(24, 32)
        self.blocks = torch.nn.Sequential(Block(32, 4, flash), Block(32, 4, flash))
        self.norm = torch.nn.LayerNorm(32)

    def forward(self, tokens, labels):
        x = dropout(self.tokens(tokens) + self.positions(torch.arange(24)[None]))
        logits = F.linear(self.norm(self.blocks(x)), self.tokens.weight)
        return F.cross_entropy(logits.view(-1, 50), labels.view(-1))


class Cnn(torch.nn.Module):
    """One of each: residual block, pools, gated branches, concatenation. 3 x 16 x 16 to 10 classes."""

    def __init__(self):
        super().__init__()
        conv, norm = torch.nn.Conv2d, torch.nn.BatchNorm2d
        self.stem, self.stem_norm = conv(3, 8, 3, padding=1, bias=False), norm(8)
        self.conv1, self.norm1 = conv(8, 8, 3, padding=1, bias=False), norm(8)
        self.conv2, self.norm2 = conv(8, 8, 3, padding=1, bias=False), norm(8)
        self.left, self.right, self.wide = conv(8, 6, 1), conv(8, 6, 1), conv(8, 4, 1)
        self.head = torch.nn.Linear(10, 10)

    def forward(self, image, labels):
        x = F.max_pool2d(F.relu(self.stem_norm(self.stem(image))), 2)
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        x = F.avg_pool2d(F.relu(x + y), 2)
        gated = torch.sigmoid(self.left(x)) * F.silu(self.right(x))
        x = torch.cat([gated, torch.tanh(self.wide(x))], 1)
        return F.cross_entropy(self.head(F.adaptive_avg_pool2d(x, 1).flatten(1)), labels)


def main():
    print("network,saved_bytes,left_out_bytes")
    tokens, labels = torch.randint(50, (1, 24)), torch.randint(50, (1, 24))
    row("gpt-unfused", Gpt(flash=False), tokens, labels)
    row("gpt-flash", Gpt(flash=True), tokens, labels)
    row("cnn", Cnn(), torch.randn(1, 3, 16, 16), torch.randint(10, (1,)))


main()
