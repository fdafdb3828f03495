"""Exports networks of Keras with tf2onnx, and writes what they should import to.

    python export_tf2onnx.py         # writes onnx/*-keras.onnx and onnx/keras.csv beside this file

The convolutional networks are those of keras.applications; BERT and GPT-2 are built here from Keras's own layers with the published
sizes of BERT base and GPT-2 small, because the transformers library has no TensorFlow models any more. Weights are left out as in
export_onnx.py. The CSV has the exporting model's own count of trainable parameters.
Made with tensorflow-cpu 2.21.0, keras 3.15.1, tf2onnx 1.17.0, onnx 1.23.2.
"""

import csv
import multiprocessing
import os
import pathlib
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy
import onnx
import tensorflow
import tf2onnx
import tf2onnx.optimizer

FOLDER = pathlib.Path(__file__).parent / "onnx"
MOST_KEPT = 64  # elements: shapes, axes and scalars
OPSET = 17


class Positions(keras.layers.Layer):
    """Adds a learned vector of each position."""

    def __init__(self, count, channels):
        super().__init__()
        self.table = self.add_weight(shape=(count, channels), name="positions")

    def call(self, x):
        return x + self.table


class Attention(keras.layers.Layer):
    """Self-attention as published: three projections, scaled products, a causal mask where asked for, and a projection back."""

    def __init__(self, hidden, heads, causal):
        super().__init__()
        self.hidden, self.heads, self.causal = hidden, heads, causal
        self.query, self.key, self.value, self.projection = (keras.layers.Dense(hidden) for _ in range(4))

    def call(self, x):
        length, channels = x.shape[1], self.hidden // self.heads

        def apart(y):
            return tensorflow.transpose(tensorflow.reshape(y, (-1, length, self.heads, channels)), (0, 2, 1, 3))

        query, key, value = apart(self.query(x)), apart(self.key(x)), apart(self.value(x))
        scores = tensorflow.matmul(query, key, transpose_b=True) / channels**0.5
        if self.causal:
            scores = scores + tensorflow.constant(numpy.triu(numpy.full((length, length), -1e9, "float32"), 1))
        mixed = tensorflow.matmul(tensorflow.nn.softmax(scores), value)
        return self.projection(tensorflow.reshape(tensorflow.transpose(mixed, (0, 2, 1, 3)), (-1, length, self.hidden)))


def fused(self, inputs, training=None, mask=None):
    """Batch normalisation as TensorFlow's one operation. Keras spells it out where it infers, and then it is folded into weights."""
    return tensorflow.compat.v1.nn.fused_batch_norm(inputs, self.gamma, self.beta, self.moving_mean, self.moving_variance, self.epsilon,
                                                    is_training=False)[0]


keras.layers.BatchNormalization.call = fused


def gelu(x):
    """Keras's own is by the complementary error function, which tf2onnx does not know."""
    return 0.5 * x * (1.0 + tensorflow.math.erf(x / 2**0.5))


def norm():
    return keras.layers.LayerNormalization(epsilon=1e-5)


def bert(layers=12, hidden=768, heads=12, length=128, vocabulary=30522):
    tokens = keras.Input((length,), dtype="int32")
    segments = keras.Input((length,), dtype="int32")
    x = keras.layers.Embedding(vocabulary, hidden)(tokens) + keras.layers.Embedding(2, hidden)(segments)
    x = norm()(Positions(length, hidden)(x))
    for _ in range(layers):
        x = norm()(x + Attention(hidden, heads, False)(x))
        y = keras.layers.Dense(hidden)(keras.layers.Lambda(gelu)(keras.layers.Dense(4 * hidden)(x)))
        x = norm()(x + y)
    x = norm()(keras.layers.Lambda(gelu)(keras.layers.Dense(hidden)(x)))
    return keras.Model([tokens, segments], keras.layers.Dense(vocabulary)(x))


def gpt2(layers=12, hidden=768, heads=12, length=1024, vocabulary=50257):
    tokens = keras.Input((length,), dtype="int32")
    x = Positions(length, hidden)(keras.layers.Embedding(vocabulary, hidden)(tokens))
    for _ in range(layers):
        x = x + Attention(hidden, heads, True)(norm()(x))
        y = keras.layers.Dense(4 * hidden)(norm()(x))
        x = x + keras.layers.Dense(hidden)(keras.activations.gelu(y, approximate=True))
    return keras.Model(tokens, keras.layers.Dense(vocabulary, use_bias=False)(norm()(x)))


def application(make):
    return make(weights=None, classifier_activation=None)


NETWORKS = [
    ("resnet50", lambda: application(keras.applications.ResNet50)),
    ("vgg16", lambda: application(keras.applications.VGG16)),
    ("mobilenet-v2", lambda: application(keras.applications.MobileNetV2)),
    ("bert-base", bert),
    ("gpt2", gpt2),
]


def strip(model):
    short = {}
    kept = {t.name for t in [*model.graph.initializer, *model.graph.input, *model.graph.output]}
    for node in model.graph.node:
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                if name and name not in kept:
                    names[i] = short.setdefault(name, f"t{len(short)}")
    for t in model.graph.initializer:
        if numpy.prod(t.dims, dtype=numpy.int64) > MOST_KEPT:
            for field in ("raw_data", "float_data", "int32_data", "int64_data", "double_data"):
                t.ClearField(field)
    for value in list(model.graph.value_info):
        model.graph.value_info.remove(value)
    return model


def export(name):
    # No pass of the exporter's own: they fold normalisation into the convolution before, and copy all weights again and again.
    tf2onnx.optimizer._optimizers.clear()
    keras.utils.set_random_seed(0)
    model = dict(NETWORKS)[name]()
    # A bias of zeros would be taken out.
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(numpy.random.uniform(0.1, 1, weight.shape))
    signature = [tensorflow.TensorSpec((None, *i.shape[1:]), i.dtype, name=f"input{k}") for k, i in enumerate(model.inputs)]
    function = tensorflow.function(lambda *inputs: model(list(inputs) if len(inputs) > 1 else inputs[0], training=False), signature)
    exported, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    path = FOLDER / f"{name}-keras.onnx"
    onnx.save(strip(exported), str(path))
    return [path.name, "", sum(int(numpy.prod(w.shape)) for w in model.trainable_weights)]


def main(chosen):
    names = [name for name, _ in NETWORKS if not chosen or name in chosen]
    # Each in a process of its own, because memory does not come back.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        rows = pool.map(export, names, chunksize=1)
    for row in rows:
        print(*row)
    if not chosen:
        with open(FOLDER / "keras.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["file", "settings", "parameters"])
            writer.writerows(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
