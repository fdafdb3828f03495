"""What the scripts that convert measured sets share: the schema of measured runs and its settings."""
import csv
import sys

COLUMNS = "run group workload platform strategy set metric value p10 p90 repeats status source date host note".split()


def settings(**values):
    """`key=value` words as --set takes them: workload_batch=8 is workload.batch=8; what is None is left out."""
    return " ".join(f"{key.replace('_', '.', 1).replace('_', '-')}={value}" for key, value in values.items() if value is not None)


def strategy(**values):
    """A strategy's text; what is None is left out."""
    return ",".join(f"{key.replace('_', '-')}={value}" for key, value in values.items() if value is not None)


def gpt(layers, hidden, heads, sequence, vocabulary, **more):
    """Settings of the family gpt as Megatron builds it: feed-forward four times the hidden size, the head tied to the embedding."""
    return dict(workload_layers=layers, workload_hidden=hidden, workload_heads=heads, workload_feed_forward=4 * hidden,
                workload_sequence=sequence, workload_vocabulary=vocabulary, workload_tied_embeddings="true", **more)


def megatron_attention(micro_batch, heads, tensor):
    """Megatron-LM's fused softmax takes micro-batch x heads of a device only by fours [megatron/model/fused_softmax.py, is_kernel_available]."""
    return "fused" if micro_batch * heads // tensor % 4 == 0 else "unfused"


def rows_of(convert, more=()):
    """The rows of the file named on the command line, each converted; None is left out. Written to standard output, `more` columns behind the schema's."""
    if len(sys.argv) != 2:
        sys.exit(sys.modules["__main__"].__doc__)
    writer = csv.DictWriter(sys.stdout, [*COLUMNS, *more], restval="", lineterminator="\n")
    writer.writeheader()
    with open(sys.argv[1], newline="", encoding="utf-8") as source:
        rows = [row for row in csv.DictReader(source)]
    names = set()
    for row in convert(rows):
        if row["run"] in names:
            sys.exit(f"two rows are named {row['run']}")
        names.add(row["run"])
        writer.writerow({"metric": "step_time_s", "status": "ok", **row})


def seconds(value):
    return f"{value:.6g}"
