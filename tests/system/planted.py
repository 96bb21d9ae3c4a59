#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The keys of a run, as lines 'NAME HEX' for find_keys: planted.py SUBSCRIBERS NAF-FQDN COUNT LOG...

K and OPc stand in the file of subscribers, Kg in the logs of muster-load --acks; CK, IK, Ks and Ks_NAF follow from K
and the RANDs of the AKA runs in these logs (docs/protocol.md section 3), computed here once more. COUNT of each, if there
are as many; each also as base64.
"""
import base64
import csv
import sys

from stranger_device import Milenage, kdf

UA = bytes.fromhex("ff00000001")
MNC_DIGITS = 2


def impi(imsi):
    mcc, mnc = imsi[:3], imsi[3 : 3 + MNC_DIGITS].zfill(3)
    return f"{imsi}@ims.mnc{mnc}.mcc{mcc}.3gppnetwork.org".encode()


def keys_of_run(sim, imsi, rand, naf):
    _, ck, ik, _, _ = Milenage(bytes.fromhex(sim["k"]), bytes.fromhex(sim["opc"])).f2345(rand)
    ks = ck + ik
    return {"CK": ck, "IK": ik, "Ks": ks, "Ks_NAF": kdf(ks, 1, b"gba-me", rand, impi(imsi), naf + UA)}


def main():
    naf, count = sys.argv[2].encode(), int(sys.argv[3])
    with open(sys.argv[1], encoding="ascii") as f:
        sims = {row["imsi"]: row for row in csv.DictReader(f)}
    planted = {}  # (name, key): nothing; in order
    of_each = {}

    def plant(name, key):
        if of_each.setdefault(name, 0) < count and (name, key) not in planted:
            planted[name, key] = None
            of_each[name] += 1

    for path in sys.argv[4:]:
        with open(path, encoding="ascii") as f:
            for line in f:
                row = line.rstrip("\n").split(",")
                if row[0] == "aka":
                    sim = sims[row[2]]
                    plant("K", bytes.fromhex(sim["k"]))
                    plant("OPc", bytes.fromhex(sim["opc"]))
                    if of_each.get("CK", 0) < count:
                        for name, key in keys_of_run(sim, row[2], bytes.fromhex(row[3]), naf).items():
                            plant(name, key)
                elif row[0] in ("create", "join", "key"):
                    plant("Kg", bytes.fromhex(row[5]))
    for name, key in planted:
        print(name, key.hex())
        print(name + "-base64", base64.b64encode(key)[: len(key) * 4 // 3].hex())
    print(", ".join(f"{n} {name}" for name, n in of_each.items()), file=sys.stderr)


if __name__ == "__main__":
    main()
