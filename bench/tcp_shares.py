"""Why: how evenly do two TCP connections share a link? Two messages that start together, over and over.

    bench/shaped_network.sh 100mbit 3 mpirun python3 bench/tcp_shares.py [BYTES]

Node 0 sends BYTES (mlp's weights where none are given) to nodes 1 and 2 at once, then they to it. The link is full until the second is
through, so that the time of the first says which share it had; printed is the spread of the logarithm of the ratio of both shares: 0 would
be fair. As root, mpirun wants --allow-run-as-root.
"""

import math
import os
import socket
import statistics
import struct
import sys
import threading
import time

ORDER = struct.Struct("=BId")  # pull or push, bytes, when
DATE = struct.Struct("=d")
PULL, PUSH, END = 1, 2, 0
ROUNDS, WARM_UP = 60, 5
ADDRESS = ("198.19.0.1", 7799)  # of node 0 in bench/shaped_network.sh


def receive(connection, count):
    data = bytearray()
    while len(data) < count:
        part = connection.recv(min(count - len(data), 1 << 18))
        if not part:
            sys.exit("the other side is gone")
        data += part
    return bytes(data)


def wait_until(date):
    while (left := date - time.monotonic()) > 0:
        time.sleep(max(0.0, left - 0.0003))


def serve_orders():
    """Nodes 1 and 2: all clocks are one, of one machine."""
    for _ in range(100):
        try:
            connection = socket.create_connection(ADDRESS)
            break
        except OSError:
            time.sleep(0.1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        kind, count, date = ORDER.unpack(receive(connection, ORDER.size))
        if kind == END:
            return
        if kind == PULL:
            receive(connection, count)
            connection.sendall(DATE.pack(time.monotonic()))
        else:
            message = bytes(count)
            wait_until(date)
            connection.sendall(message)


def pull(connection, count, date):
    wait_until(date)
    connection.sendall(ORDER.pack(PULL, count, 0) + bytes(count))
    return DATE.unpack(receive(connection, DATE.size))[0] - date


def push(connection, count, date):
    connection.sendall(ORDER.pack(PUSH, count, date))
    receive(connection, count)
    return time.monotonic() - date


def together(move, connections, count):
    """Seconds until each of the messages, which start at once, is there."""
    date = time.monotonic() + 0.01
    ends = [0.0] * len(connections)

    def run(index):
        ends[index] = move(connections[index], count, date)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(connections))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def main():
    if int(os.environ["OMPI_COMM_WORLD_RANK"]) > 0:
        return serve_orders()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 407080
    listener = socket.create_server(ADDRESS)
    connections = [listener.accept()[0] for _ in range(2)]
    for connection in connections:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, move in (("pulled", pull), ("pushed", push)):
        ratios = []
        lasts = []
        for _ in range(ROUNDS):
            ends = together(move, connections, count)
            share = min(max(ends) / (2 * min(ends)), 0.99)
            ratios.append(math.log(share / (1 - share)))
            lasts.append(max(ends))
        spread = math.sqrt(statistics.fmean(ratio * ratio for ratio in ratios[WARM_UP:]))
        last = statistics.median(lasts)
        print(f"{name}: both through after {1e3 * last:.1f} ms, the logarithm of the ratio of shares spreads by {spread:.2f}")
    for connection in connections:
        connection.sendall(ORDER.pack(END, 0, 0))


main()
