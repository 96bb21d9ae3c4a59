#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A tap on the socket of Redis: redis_tap.py LISTEN REDIS FILE forwards, and writes what went over it to FILE.out and
FILE.in, one pair a connection, so that a test can look for what must not be there."""
import itertools
import os
import socket
import sys
import threading


def forward(source, sink, path):
    with open(path, "wb", buffering=0) as copy:
        try:
            while data := source.recv(1 << 18):
                copy.write(data)
                sink.sendall(data)
        except OSError:
            pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    listen, redis, path = sys.argv[1:]
    server = socket.socket(socket.AF_UNIX)
    server.bind(listen + ".new")
    server.listen(64)
    os.rename(listen + ".new", listen)
    for number in itertools.count():
        client, _ = server.accept()
        upstream = socket.socket(socket.AF_UNIX)
        try:
            upstream.connect(redis)
        except OSError:
            client.close()
            continue
        for ends in ((client, upstream, f"{path}.{number}.out"), (upstream, client, f"{path}.{number}.in")):
            threading.Thread(target=forward, args=ends, daemon=True).start()


if __name__ == "__main__":
    main()
