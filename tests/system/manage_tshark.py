#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Judges the capture of manage_capture as tshark dissected and decrypted it.

    manage_tshark.py PACKETS

No packet is malformed; what OSCORE protects is decrypted and is what docs/protocol.md section 6 says.
"""

import json
import sys

import cbor2

EMPTY, CREATED, DELETED, CHANGED, CONTENT, FORBIDDEN = 0, 65, 66, 68, 69, 131
POST, FETCH, ACK, CON = 2, 5, 2, 0


def check(truth, *what):
    if not truth:
        sys.exit("manage_tshark.py: " + " ".join(str(w) for w in what))


def find(tree, name):
    found = []
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == name:
                found += value if isinstance(value, list) else [value]
            else:
                found += find(value, name)
    elif isinstance(tree, list):
        for value in tree:
            found += find(value, name)
    return found


class Message:
    def __init__(self, packet):
        layers = packet["_source"]["layers"]
        self.number = layers["frame"]["frame.number"]
        check("_ws.malformed" not in layers, "frame", self.number, "is malformed")
        check(not find(layers, "_ws.expert.message"), "frame", self.number, find(layers, "_ws.expert.message"))
        coap = layers["coap"]
        self.type = int(find(coap, "coap.type")[0])
        self.code = int(find(coap, "coap.code")[0])
        self.token = (find(coap, "coap.token") or [""])[0]
        self.observe = any("Observe" in name for name in find(coap, "coap.opt.name"))
        inner = layers.get("oscore")
        check(self.code == EMPTY or inner is not None, "frame", self.number, "was not decrypted")
        self.inner_code = int(find(inner, "oscore.code")[0]) if inner else None
        self.inner_path = "/".join(find(inner, "oscore.opt.uri_path")) if inner else ""
        payload = find(inner, "oscore.payload_raw") if inner else []
        self.payload = cbor2.loads(bytes.fromhex(payload[0])) if payload else None


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        messages = [Message(p) for p in json.load(f)]
    notified = [m for m in messages if m.type == CON and m.code == CONTENT]
    late = [m for m in messages if m.type == CON and m.code == CHANGED]
    waits = [m for m in messages if m.type == ACK and m.code == EMPTY]
    registrations = [m for m in messages if m.code == FETCH]
    asked = {(m.inner_code, m.inner_path.split("/")[-1] if m.inner_path else "") for m in messages if m.code in (POST, FETCH)}

    check(len(registrations) == 2 and all(m.observe for m in registrations), "registrations", len(registrations))
    check(len(notified) == 2 and all(m.observe for m in notified), "notifications", len(notified))
    candidates = notified[0].payload
    check(candidates[0] >= 1 and len(candidates[1][0]) == 3, "candidates", candidates)
    key = notified[1].payload
    check(key[9] == 2 and len(key[8]) == 16 and key[7] == -65537, "new key", key)
    # Three waited; each got a separate response under the token of its request.
    check(sorted(m.inner_code for m in late) == [CREATED, CREATED, FORBIDDEN], "separate responses", late)
    joins = {m.token for m in messages if m.code == POST and m.payload and -65537 in m.payload}
    check(all(m.token in joins for m in late), "tokens of separate responses")
    check(len(waits) == 3 + len(late) + len(notified), "acknowledgements", len(waits))
    for what in ("pending", "rekey", "num", "policies", "owners"):
        check(any(last == what for _, last in asked), "no request for", what)
    check(sum(m.inner_code == DELETED for m in messages) == 3, "answers 2.02")
    print(f"{len(messages)} messages, {len(notified)} notifications, {len(late)} separate responses")


main()
