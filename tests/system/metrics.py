#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks the metrics of a gateway with the parsers of prometheus_client, and who names them.

    metrics.py TEXT OPENMETRICS TOP METERS GROUPS WORKERS
    metrics.py hostile PORT
"""

import json
import pathlib
import re
import socket
import sys

NAME = re.compile(r"\bmuster_[a-z0-9_]+")
LABELS = {"worker", "reason", "stage", "version"}


def families(parser, file):
    found = {}
    for family in parser.text_string_to_metric_families(pathlib.Path(file).read_text("utf-8")):
        assert family.name not in found, f"{family.name} twice"
        assert family.documentation and family.samples, f"{family.name}: no help, or no sample"
        found[family.name] = family
    return found


def total(family):
    return sum(sample.value for sample in family.samples)


def check_names(top, samples):
    folder = pathlib.Path(top, "docs/monitoring")
    for file in ("muster.json", "alerts.yaml"):
        text = (folder / file).read_text("utf-8")
        if file.endswith(".json"):
            expressions = [t["expr"] for p in json.loads(text)["panels"] for t in p["targets"]]
            text = "\n".join(expressions)
        named = set(NAME.findall(text))
        assert named, f"{file} names no metric"
        assert named <= samples, f"{file}: no such metric: {sorted(named - samples)}"
    documented = set(NAME.findall((folder / "metrics.md").read_text("utf-8")))
    assert documented == samples, f"metrics.md differs: {sorted(documented ^ samples)}"


def check(text, opened, top, meters, groups, workers):
    from prometheus_client import parser
    from prometheus_client.openmetrics import parser as openmetrics

    older, newer = families(parser, text), families(openmetrics, opened)
    assert older.keys() == newer.keys(), sorted(older.keys() ^ newer.keys())
    samples = {s.name for family in newer.values() for s in family.samples}
    for family in newer.values():
        assert family.type in ("counter", "gauge"), family
        for s in family.samples:
            assert s.labels.keys() <= LABELS, s
            assert (family.type == "counter") == s.name.endswith("_total"), s
        if family.name.endswith(("_bytes", "_seconds")):
            assert family.unit == family.name.rsplit("_", 1)[1], family
    assert total(newer["muster_live_sessions"]) == meters
    assert total(newer["muster_live_memberships"]) == meters
    assert total(newer["muster_live_groups"]) == groups
    assert total(newer["muster_creates"]) == groups
    assert total(newer["muster_joins"]) == meters - groups
    assert total(newer["muster_redis_up"]) == 1 and total(newer["muster_redis_records"]) > 0
    assert len(newer["muster_rx_bytes"].samples) == workers
    check_names(top, samples)


def hostile(port):
    """Broken requests, and more connections than there is room for, none of which ends."""
    requests = (
        b"\0" * 4000,
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"GET " + b"/" * 60000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    )
    for request in requests:
        with socket.create_connection(("127.0.0.1", port), 10) as s:
            try:
                s.sendall(request)
                s.shutdown(socket.SHUT_WR)
                answer = s.recv(65536)
            except OSError:
                continue
            assert not answer.startswith(b"HTTP/1.1 200"), request[:60]
    held = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(40)]
    for s in held:
        try:
            s.sendall(b"GET /met")
        except OSError:
            pass
    for s in held:
        s.close()


if __name__ == "__main__":
    if sys.argv[1] == "hostile":
        hostile(int(sys.argv[2]))
    else:
        check(*sys.argv[1:4], *map(int, sys.argv[4:7]))
