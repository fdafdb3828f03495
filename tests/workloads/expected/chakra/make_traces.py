"""Writes the execution traces in this folder, in the published schema, with the protobuf runtime of Python.

Run: python make_traces.py (protobuf 7.36, Python 3.11). Nothing but the tests reads its output.

The schema below names the fields of MLCommons Chakra 1.0.0 (schema/protobuf/et_def.proto) with their published numbers; nodes carry the
attributes, in the types, that the traces which ship with ASTRA-sim 2 carry:
- all_reduce: one collective a rank, ids that run on from rank to rank, as examples/workload/microbenchmarks has them.
- model_parallel: computations with durations and collectives that wait for one another, as its text converter makes them.
- ring: an all-reduce of messages: each rank sends before it receives, as examples/system/custom_collectives has it.
- groups: collectives over process groups by pg_name, which groups.groups.json describes.
"""

import json
import pathlib

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

HERE = pathlib.Path(__file__).parent
FIELD = descriptor_pb2.FieldDescriptorProto
METADATA, COMPUTE, SEND, RECEIVE, COLLECTIVE = 1, 4, 5, 6, 7
ALL_REDUCE, ALL_GATHER, ALL_TO_ALL, REDUCE_SCATTER = 0, 2, 6, 7


def schema():
    file = descriptor_pb2.FileDescriptorProto(name="et_def.proto", package="ChakraProtoMsg", syntax="proto3")

    def message(name, *fields):
        made = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            added = made.field.add(name=field, number=number, label=FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL)
            if isinstance(kind, str):
                added.type, added.type_name = FIELD.TYPE_MESSAGE, ".ChakraProtoMsg." + kind
            else:
                added.type = kind
        return made

    attribute = message(
        "AttributeProto",
        ("name", 1, FIELD.TYPE_STRING, False),
        ("int32_val", 7, FIELD.TYPE_INT32, False),
        ("int64_val", 9, FIELD.TYPE_INT64, False),
        ("uint64_val", 13, FIELD.TYPE_UINT64, False),
        ("bool_val", 27, FIELD.TYPE_BOOL, False),
        ("string_val", 29, FIELD.TYPE_STRING, False),
    )
    attribute.oneof_decl.add(name="value")
    for field in attribute.field:
        if field.name != "name":
            field.oneof_index = 0
    message("GlobalMetadata", ("version", 1, FIELD.TYPE_STRING, False), ("attr", 2, "AttributeProto", True))
    message(
        "Node",
        ("id", 1, FIELD.TYPE_UINT64, False),
        ("name", 2, FIELD.TYPE_STRING, False),
        ("type", 3, FIELD.TYPE_INT32, False),
        ("ctrl_deps", 4, FIELD.TYPE_UINT64, True),
        ("data_deps", 5, FIELD.TYPE_UINT64, True),
        ("start_time_micros", 6, FIELD.TYPE_UINT64, False),
        ("duration_micros", 7, FIELD.TYPE_UINT64, False),
        ("attr", 10, "AttributeProto", True),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName("ChakraProtoMsg." + name)) for name in ("GlobalMetadata", "Node")]


GlobalMetadata, Node = schema()


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def write(name, rank, nodes):
    with open(HERE / f"{name}.{rank}.et", "wb") as file:
        for message in [GlobalMetadata(version="1.0.0"), *nodes]:
            text = message.SerializeToString()
            file.write(varint(len(text)) + text)


def node(number, name, kind, after=(), micros=0, **attributes):
    made = Node(id=number, name=name, type=kind, data_deps=list(after), duration_micros=micros)
    for key, value in attributes.items():
        attribute = made.attr.add(name=key)
        if isinstance(value, bool):
            attribute.bool_val = value
        elif isinstance(value, str):
            attribute.string_val = value
        elif key in ("comm_src", "comm_dst", "comm_tag"):
            attribute.int32_val = value
        elif key == "tensor_size":
            attribute.uint64_val = value
        else:
            attribute.int64_val = value
    return made


def collective(number, name, kind, size, after=(), **more):
    return node(number, name, COLLECTIVE, after, is_cpu_op=False, comm_type=kind, comm_size=size, **more)


def all_reduce(ranks):
    for rank in range(ranks):
        write("all_reduce", rank, [collective(rank, f"all_reduce_{ranks}npus_1MB", ALL_REDUCE, 1 << 20)])


def model_parallel(ranks):
    """Two layers forward and backward: what a layer computes is gathered, its gradients are reduced beside the next layer's."""
    for rank in range(ranks):
        write(
            "model_parallel",
            rank,
            [
                node(0, "COMP_NODE_layer0_FWD", COMPUTE, micros=300),
                collective(1, "COMM_COLL_NODE_layer0_ALLGATHER", ALL_GATHER, 250_000, [0]),
                node(2, "COMP_NODE_layer1_FWD", COMPUTE, [1], micros=200),
                collective(3, "COMM_COLL_NODE_layer1_ALLTOALL", ALL_TO_ALL, 400_000, [2]),
                node(4, "COMP_NODE_layer1_BWD", COMPUTE, [3], is_cpu_op=False, num_ops=4 * 10**9, tensor_size=10**6),
                collective(5, "COMM_COLL_NODE_layer1_REDUCESCATTER", REDUCE_SCATTER, 1_000_000, [4]),
                node(6, "COMP_NODE_layer0_BWD", COMPUTE, [4], micros=500),
                collective(7, "COMM_COLL_NODE_layer0_ALLREDUCE", ALL_REDUCE, 2_000_000, [6]),
                node(8, "COMP_NODE_optimizer", COMPUTE, [5, 7], is_cpu_op=False, tensor_size=8 * 10**6),
            ],
        )


def ring(ranks, size):
    for rank in range(ranks):
        nodes = []
        for step in range(2 * (ranks - 1)):
            after = [nodes[-1].id] if nodes else []
            ids = len(nodes)
            to, source = (rank + 1) % ranks, (rank - 1) % ranks
            nodes.append(node(ids, f"COMM_SEND_NODE_step{step}", SEND, after, comm_size=size // ranks, comm_dst=to, comm_tag=0))
            nodes.append(node(ids + 1, f"COMM_RECV_NODE_step{step}", RECEIVE, [ids], comm_size=size // ranks, comm_src=source, comm_tag=0))
            if step < ranks - 1:
                nodes.append(node(ids + 2, f"COMP_NODE_step{step}", COMPUTE, [ids + 1], micros=7))
        write("ring", rank, nodes)


def groups():
    """Two by two ranks: pairs of neighbours gather, pairs at distance two reduce."""
    named = {"1": [0, 1], "2": [2, 3], "3": [0, 2], "4": [1, 3]}
    for rank in range(4):
        write(
            "groups",
            rank,
            [
                node(0, "forward", COMPUTE, micros=100),
                collective(1, "gather", ALL_GATHER, 500_000, [0], pg_name="1" if rank < 2 else "2"),
                node(2, "backward", COMPUTE, [1], micros=200),
                collective(3, "reduce", ALL_REDUCE, 1_000_000, [2], pg_name="3" if rank % 2 == 0 else "4"),
            ],
        )
    (HERE / "groups.groups.json").write_text(json.dumps(named, indent=2) + "\n")


all_reduce(4)
model_parallel(4)
ring(4, 1 << 20)
groups()
