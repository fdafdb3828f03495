"""Parameters and matrix flops of one sample, forward and backward, as PyTorch counts them.

Writes torch_other.csv: workload, settings, parameters, trained parameters, forward flops, backward flops (FlopCounterMode, a
multiply-add counts 2). Backward is all that loss.backward() does. Run: python torch_other.py > torch_other.csv
Made with torch 2.15.0, peft 0.21.2. oneDNN is off: its fused LSTM hides the products from the counter. Convolutions have one group:
for more, the counter multiplies the backward pass of their weights by the groups again.
"""

import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode


def mlp(*sizes):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10))


class Block(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.query, self.key, self.value, self.projection = (nn.Linear(hidden, hidden) for _ in range(4))
        self.up, self.down = nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden)

    def forward(self, x):
        normed = self.attention_norm(x)
        q, k, v = (layer(normed).unflatten(-1, (self.heads, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value))
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        x = x + self.projection(mixed)
        return x + self.down(functional.gelu(self.up(self.feed_forward_norm(x))))


class Gpt(nn.Module):
    def __init__(self, layers, hidden, heads, sequence, vocabulary):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, hidden), nn.Embedding(sequence, hidden)
        self.blocks = nn.Sequential(*(Block(hidden, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(hidden)
        self.head = nn.Linear(hidden, vocabulary, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, tokens):
        return self.head(self.norm(self.blocks(self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1])))))


class LanguageModel(nn.Module):
    """As examples/word_language_model of PyTorch."""

    def __init__(self, vocabulary, embedding, hidden, layers, tied):
        super().__init__()
        self.encoder = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden, layers, batch_first=True)
        self.decoder = nn.Linear(hidden, vocabulary)
        if tied:
            self.decoder.weight = self.encoder.weight

    def forward(self, tokens):
        return self.decoder(self.lstm(self.encoder(tokens))[0])


class Dlrm(nn.Module):
    """Naumov et al. 2019, with the interaction by dot products."""

    def __init__(self, bottom, top, rows):
        super().__init__()
        dimension, vectors = bottom[-1], len(rows) + 1
        self.tables = nn.ModuleList(nn.EmbeddingBag(n, dimension, mode="sum", sparse=True) for n in rows)
        self.bottom = mlp(*bottom)
        self.top = mlp(vectors * (vectors - 1) // 2 + dimension, *top)
        self.lower = torch.tril_indices(vectors, vectors, -1)

    def forward(self, dense, indices):
        x = functional.relu(self.bottom(dense))
        vectors = torch.stack([x] + [table(indices[:, i : i + 1]) for i, table in enumerate(self.tables)], dim=1)
        pairs = torch.bmm(vectors, vectors.transpose(1, 2))
        return self.top(torch.cat([x, pairs[:, self.lower[0], self.lower[1]]], dim=1))


class Factors(nn.Module):
    def __init__(self, users, items, rank, biases):
        super().__init__()
        self.users, self.items = nn.Embedding(users, rank), nn.Embedding(items, rank)
        self.offsets = nn.ModuleList([nn.Embedding(users, 1), nn.Embedding(items, 1)] if biases else [])

    def forward(self, pair):
        user, item = self.users(pair[:, :1]), self.items(pair[:, 1:])
        rating = torch.bmm(user, item.transpose(1, 2)).flatten()
        return sum((table(pair[:, i]).flatten() for i, table in enumerate(self.offsets)), rating)


def lora(model, rank, targets):
    return get_peft_model(model, LoraConfig(r=rank, target_modules=targets, bias="none"))


def frozen(model, *parts):
    for part in parts:
        part.requires_grad_(False)
    return model


def write(name, settings, model, *inputs):
    with FlopCounterMode(display=False) as forward:
        output = model(*inputs)
    with FlopCounterMode(display=False) as backward:
        output.sum().backward()
    parameters = sum(p.numel() for p in model.parameters())
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    print(name, settings, parameters, trained, forward.get_total_flops(), backward.get_total_flops(), sep=",")


def tokens(sequence, device="cpu"):
    return torch.zeros(1, sequence, dtype=torch.long, device=device)


def main():
    print("workload,settings,parameters,trained,forward_flops,backward_flops")
    write("mlp", "", mlp(784, 128, 10), torch.zeros(1, 784))
    write("mnist-cnn", "", cnn(), torch.zeros(1, 1, 28, 28))
    write("gpt", "layers=2 hidden=64 heads=4 sequence=32 vocabulary=101", Gpt(2, 64, 4, 32, 101), tokens(32))
    write("gpt", "layers=1 hidden=48 heads=3 sequence=20 vocabulary=77", Gpt(1, 48, 3, 20, 77), tokens(20))
    for rank, targets in ((4, ["query", "value"]), (7, ["query", "key", "value", "projection", "up", "down"]), (2, ["down"])):
        gpt = "layers=3 hidden=64 heads=4 sequence=32 vocabulary=101"
        settings = f"{gpt} lora-rank={rank} lora-targets={'+'.join(targets)}"
        write("gpt", settings, lora(Gpt(3, 64, 4, 32, 101), rank, targets), tokens(32))
    part = Gpt(2, 64, 4, 32, 101)
    frozen(part, part.blocks[0], part.positions)
    write("gpt", "layers=2 hidden=64 heads=4 sequence=32 vocabulary=101 frozen=position-embedding+block-1.*", part, tokens(32))
    network = cnn()
    write("mnist-cnn", "frozen=conv2d-*", frozen(network, network[0], network[3]), torch.zeros(1, 1, 28, 28))

    for name, hidden, sequence in (("small", 200, 20), ("medium", 650, 35), ("large", 1500, 35)):
        write(f"lstm-ptb-{name}", "", LanguageModel(10000, hidden, hidden, 2, False), tokens(sequence))
    write("lstm", "vocabulary=33278 sequence=35 tied-embeddings=true", LanguageModel(33278, 200, 200, 2, True), tokens(35))
    write("lstm", "vocabulary=99 embedding=24 hidden=40 layers=3 sequence=7", LanguageModel(99, 24, 40, 3, False), tokens(7))

    kaggle = [1460, 583, 10131227, 2202608, 305, 24, 12517, 633, 3, 93145, 5683, 8351593, 3194, 27, 14992, 5461306, 10, 5652, 2173,
              4, 7046547, 18, 15, 286181, 105, 142572]
    terabyte = [39884406, 39043, 17289, 7420, 20263, 3, 7120, 1543, 63, 38532951, 2953546, 403346, 10, 2208, 11938, 155, 4, 976, 14,
                39979771, 25641295, 39664984, 585935, 12972, 108, 36]
    with torch.device("meta"):
        indices, dense = torch.zeros(1, 26, dtype=torch.long), torch.zeros(1, 13)
        write("dlrm-criteo-kaggle", "", Dlrm([13, 512, 256, 64, 16], [512, 256, 1], kaggle), dense, indices)
        write("dlrm-mlperf", "", Dlrm([13, 512, 256, 128], [1024, 1024, 512, 256, 1], terabyte), dense, indices)
        write("dlrm", "features=9 bottom=20+8 top=12+1 tables=5 rows=100", Dlrm([9, 20, 8], [12, 1], [100] * 5), torch.zeros(1, 9),
              torch.zeros(1, 5, dtype=torch.long))
        pair = torch.zeros(1, 2, dtype=torch.long)
        write("matrix-factorisation", "users=1000 items=300 rank=20", Factors(1000, 300, 20, False), pair)
        write("matrix-factorisation", "users=77 items=33 rank=5 biases=true", Factors(77, 33, 5, True), pair)
        write("mllib-logistic-regression", "rows=1000 features=28 classes=2", nn.Linear(28, 1), torch.zeros(1, 28))
        write("mllib-logistic-regression", "rows=500 features=784 classes=10", nn.Linear(784, 10), torch.zeros(1, 784))
        write("mllib-linear-regression", "rows=300 features=90 intercept=false", nn.Linear(90, 1, bias=False), torch.zeros(1, 90))


if __name__ == "__main__":
    with torch.backends.mkldnn.flags(enabled=False, allow_tf32=None):
        main()
