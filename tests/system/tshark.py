#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Judges a capture as tshark dissected and decrypted it.

    tshark.py RUN METERS PACKETS GROUPS OUTPUT...

RUN is the flow and options of muster-load, PACKETS tshark's JSON with raw octets, GROUPS the rows of 'musterctl --json
group list'. No group key that is found may be in an OUTPUT.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import re
import sys

import cbor2

POST, GET, CREATED, CHANGED, CONTENT, UNAUTHORIZED = 2, 1, 65, 68, 69, 129
PROFILE = -65537  # key type and application profile of docs/protocol.md section 10


def check(truth, *what):
    if not truth:
        sys.exit("tshark.py: " + " ".join(str(w) for w in what))


def as_list(value):
    return value if isinstance(value, list) else [value]


def find(tree, name):
    """All values of a field, wherever it is in a tree of dicts and lists."""
    found = []
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == name:
                found += as_list(value)
            else:
                found += find(value, name)
    elif isinstance(tree, list):
        for value in tree:
            found += find(value, name)
    return found


def raw(tree, name):
    """The octets of a field that is there once."""
    values = find(tree, name + "_raw")
    return bytes.fromhex(values[0]) if values else b""


class Message:
    """One CoAP message; `inner` is what OSCORE protected."""

    def __init__(self, packet):
        layers = packet["_source"]["layers"]
        coap = layers["coap"]
        ip = layers.get("ip") or layers["ipv6"]
        prefix = "ip" if "ip" in layers else "ipv6"
        self.number = int(layers["frame"]["frame.number"])
        self.source = as_list(ip[prefix + ".src"])[0]
        self.dest = as_list(ip[prefix + ".dst"])[0]
        self.code = int(find(coap, "coap.code")[0])
        self.mid = int(find(coap, "coap.mid")[0])
        self.token = find(coap, "coap.token")[0]
        self.path = "/".join(find(coap, "coap.opt.uri_path"))
        self.payload = raw(coap, "coap.payload")
        self.protected = any(name.endswith(": OSCORE") for name in find(coap, "coap.opt.name"))
        self.inner = layers.get("oscore")
        self.piv = "".join(find(coap, "coap.opt.object_security_piv"))

    def inner_code(self):
        return int(find(self.inner, "oscore.code")[0])

    def inner_path(self):
        return "/".join(find(self.inner, "oscore.opt.uri_path"))

    def location(self):
        return find(self.inner, "oscore.opt.location_path")

    def inner_payload(self):
        return raw(self.inner, "oscore.payload")


def dissected(packets):
    """CoAP messages; no packet is malformed or drew a remark."""
    messages = []
    for packet in packets:
        layers = packet["_source"]["layers"]
        number = layers["frame"]["frame.number"]
        check("_ws.malformed" not in layers, "frame", number, "is malformed")
        check(not find(layers, "_ws.expert.message"), "frame", number, find(layers, "_ws.expert.message"))
        for name in ("ip.checksum.status", "udp.checksum.status"):
            check(all(s == "1" for s in find(layers, name)), "frame", number, name)
        if "coap" in layers:
            messages.append(Message(packet))
    return messages


def exchanges(messages):
    """(request, answer) of every request that was answered; requests of the address probe are left out."""
    pairs, waiting = [], {}
    for m in messages:
        if m.code < 32:
            waiting[(m.source, m.mid)] = m
        else:
            request = waiting.pop((m.dest, m.mid), None)
            check(request is not None, "frame", m.number, "answers nothing")
            check(request.token == m.token, "frame", m.number, "has another token than its request")
            pairs.append((request, m))
    return pairs


def key_id(kg):
    return hmac.new(kg, b"muster key id", hashlib.sha256).hexdigest()[:8]


def check_join(request, answer, groups, keys):
    sent = cbor2.loads(request.inner_payload())
    got = cbor2.loads(answer.inner_payload())
    location = answer.location()
    check(answer.inner_code() == CREATED, "frame", answer.number, "is not 2.01 inside")
    check(len(location) == 4 and location[0] == "ace-group" and location[2] == "nodes", "Location-Path", location)
    gid = location[1]
    check(gid in groups, "G-ID", gid, "is not one of the gateway's")
    check(re.fullmatch("[0-9]{15}", location[3]), "node name", location[3])
    check(request.inner_path() in ("manage", "ace-group/" + gid), "path", request.inner_path(), "got into", gid)
    check(re.fullmatch("[0-9]{14,16}", sent[-65537]) and sent[-65538] in (0, 1), "join request", sent)
    check(got[7] == PROFILE and got[10] == PROFILE and got[9] == 1, "join response", got)
    check(len(got[8]) == 16 and key_id(got[8]) == groups[gid]["key_id"], "Kg of", gid, "is not the gateway's")
    check(got[11] > 1700000000 and got[12] > 0 and got[16].keys() == {1, 2}, "join response", got)
    keys.add(got[8])
    return (gid, location[3], request.inner_path() == "manage", sent[-65538])


def check_secured(pairs, flow, meters, groups):
    """All protected exchanges. Returns the group keys."""
    keys, rows, sessions = set(), set(), 0
    for request, answer in pairs:
        if not request.protected:
            continue
        check(request.inner is not None, "frame", request.number, "was not decrypted")
        check(answer.inner is not None, "frame", answer.number, "was not decrypted")
        check(answer.code == CHANGED, "frame", answer.number, "has outer code", answer.code)
        check(answer.piv, "frame", answer.number, "has no Partial IV of its own")
        if flow == "gba":
            got = cbor2.loads(answer.inner_payload())
            check((request.inner_code(), request.inner_path(), answer.inner_code()) == (GET, "session", CONTENT), "session")
            check(got[8].endswith("@bsf.example.com") and got[9] > 0, "session", got)
            sessions += 1
        else:
            check(request.inner_code() == POST, "frame", request.number, "is not POST inside")
            rows.add(check_join(request, answer, groups, keys))
    if flow == "gba":
        check(sessions == meters, sessions, "sessions, not", meters)
        return keys
    check(len({node for _, node, _, _ in rows}) == meters, len(rows), "devices joined, not", meters)
    check(sum(created for _, _, created, _ in rows) == len(groups), "creations")
    check({gid for gid, _, _, _ in rows} == set(groups), "groups joined are not the gateway's")
    check({store for _, _, _, store in rows} == {0, 1}, "not both kinds of SIM card")
    check(len(keys) == len(groups), len(keys), "keys for", len(groups), "groups")
    return keys


def check_open(pairs, flow, meters):
    """Messages in clear: negotiation and Ub, by their keys (docs/protocol.md section 2)."""
    kinds = {"hints": 0, "express": 0, "challenge": 0, "result": 0, "resync": 0}
    for request, answer in pairs:
        if request.protected:
            continue
        asked = cbor2.loads(request.payload) if request.payload else {}
        got = cbor2.loads(answer.payload) if answer.payload else {}
        check(asked.keys() <= {1, 2, 5, 6, 7, 15}, "frame", request.number, asked)
        if request.path == "bsf" and 6 in asked:
            check(answer.code == CHANGED and got.keys() == {6, 8, 9, 10, 11}, "frame", answer.number, got)
            kinds["result"] += 1
        elif request.path == "bsf":
            check(answer.code == UNAUTHORIZED and got.keys() == {3, 4}, "frame", answer.number, got)
            kinds["resync" if 7 in asked else "challenge"] += 1
        else:
            check(answer.code == UNAUTHORIZED and got.keys() >= {12, 13, 14}, "frame", answer.number, got)
            kinds["express" if 3 in got else "hints"] += 1
    check(kinds["resync"] > 0, "no resynchronisation")
    if flow == "express":
        check(kinds["express"] == meters and kinds["result"] == 0, "messages in clear", kinds)
    else:
        check(kinds["challenge"] == meters and kinds["result"] == meters, "messages in clear", kinds)
    return kinds


def check_hidden(keys, outputs):
    for path in outputs:
        text = pathlib.Path(path).read_text(errors="replace").lower()
        for kg in keys:
            check(kg.hex() not in text, "a group key is in", path)
            check(base64.b64encode(kg).decode().rstrip("=").lower() not in text, "a group key is in", path)


def main():
    run, meters, packets, rows, *outputs = sys.argv[1:]
    flow = run.split()[0]
    with open(packets, encoding="utf-8") as f:
        messages = dissected(json.load(f))
    with open(rows, encoding="utf-8") as f:
        groups = {row["gid"]: row for row in map(json.loads, f)}
    pairs = exchanges(messages)
    kinds = check_open(pairs, flow, int(meters))
    keys = check_secured(pairs, flow, int(meters), groups)
    check_hidden(keys, outputs)
    print(f"{run}: {len(messages)} messages, {len(pairs)} exchanges, in clear {kinds}, {len(keys)} group keys")


main()
