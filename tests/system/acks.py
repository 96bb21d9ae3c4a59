#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares what meters were told (muster-load --acks) with what a gateway has in the end.

  acks.py --groups FILE --members FILE [--self-test] LOG...

FILE is what 'musterctl --json group list' and 'group export' print; LOGs are those of all runs, oldest first.
Nothing that was acknowledged may be missing, every key has to be the gateway's, and nothing that may be used once
may have been used twice: Partial IVs of meter and gateway in a session, SQNs of a subscriber. With --self-test each
of these mistakes is put into a copy and has to be found.
"""
import argparse
import bisect
import collections
import hashlib
import hmac
import json
import sys

MOVES = {"JOIN", "REJOIN", "LEAVE"}


def key_id(kg):
    return hmac.new(bytes.fromhex(kg), b"muster key id", hashlib.sha256).hexdigest()[:8]


def read_log(path):
    with open(path, encoding="ascii") as f:
        return [line.rstrip("\n").split(",") for line in f]


def read_rows(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


class Checker:
    """Reads logs, then judges. `wrong` maps a kind of mistake to its findings."""

    def __init__(self):
        self.wrong = collections.defaultdict(list)
        self.count = collections.Counter()
        self.member = {}  # (IMSI, G-ID): whether it is in
        self.groups = set()
        self.key = {}  # (G-ID, number): Kg
        self.newest = collections.defaultdict(lambda: ([], []))  # G-ID: when, highest number acknowledged
        self.rekeys = set()
        self.asked = {}  # IMSI: (position, task) of its last request
        self.unsettled = {}  # IMSI: a join or departure that nobody answered
        self.own, self.gateway, self.sqn = set(), {}, {}
        self.at = 0

    def take(self, rows):
        for row in rows:
            self.at += 1
            self.count[row[0]] += 1
            getattr(self, "on_" + row[0])(row[2], *row[3:])

    def on_aka(self, imsi, rand, sqn):
        if self.sqn.setdefault((imsi, sqn), rand) != rand:
            self.wrong["SQN used twice"].append(f"{imsi} SQN {sqn}")

    def on_own(self, imsi, rand, piv, task):
        if (imsi, rand, piv) in self.own:
            self.wrong["Partial IV of a meter used twice"].append(f"{imsi} {rand} {piv}")
        self.own.add((imsi, rand, piv))
        self.asked[imsi] = (self.at, task)
        if task in MOVES:
            self.unsettled[imsi] = task

    def on_gateway(self, imsi, rand, piv, tag):
        # The same ciphertext is the same message, sent again.
        if self.gateway.setdefault((imsi, rand, piv), tag) != tag:
            self.wrong["Partial IV of the gateway used twice"].append(f"{imsi} {rand} {piv}")

    def learn(self, gid, num, kg):
        if self.key.setdefault((gid, int(num)), kg) != kg:
            self.wrong["two keys under one number"].append(f"{gid} number {num}")

    def at_least(self, imsi, gid, num):
        """A number that was acknowledged before this meter asked is the lowest that it may be told."""
        when, highest = self.newest[gid]
        before = bisect.bisect_left(when, self.asked.get(imsi, (0,))[0])
        if before > 0 and int(num) < highest[before - 1]:
            self.wrong["acknowledged key gone"].append(f"{gid} number {num} after {highest[before - 1]}")
        if not highest or int(num) > highest[-1]:
            when.append(self.at)
            highest.append(int(num))

    def on_key(self, imsi, gid, num, kg):
        self.learn(gid, num, kg)
        self.at_least(imsi, gid, num)

    def on_join(self, imsi, gid, num, kg):
        self.on_key(imsi, gid, num, kg)
        self.member[imsi, gid] = True
        self.unsettled.pop(imsi, None)

    def on_create(self, imsi, gid, num, kg):
        if gid in self.groups:
            self.wrong["G-ID given twice"].append(gid)
        self.groups.add(gid)
        self.on_join(imsi, gid, num, kg)

    def on_leave(self, imsi, gid):
        self.member[imsi, gid] = False
        self.unsettled.pop(imsi, None)

    def on_evict(self, imsi, gid):
        self.member[imsi, gid] = False

    def on_rekey(self, imsi, gid, num):
        if (gid, num) in self.rekeys:
            self.wrong["acknowledged key gone"].append(f"{gid} number {num} was made twice")
        self.rekeys.add((gid, num))
        self.at_least(imsi, gid, num)

    def judge(self, groups, members):
        there = {row["gid"]: row for row in groups}
        inside = {(row["imsi"], row["gid"]) for row in members}
        for gid in self.groups - there.keys():
            self.wrong["acknowledged group missing"].append(gid)
        for gid, row in there.items():
            highest = self.newest[gid][1]
            if highest and row["num"] < highest[-1]:
                self.wrong["acknowledged key gone"].append(f"{gid} has number {row['num']}, told {highest[-1]}")
            kg = self.key.get((gid, row["num"]))
            if kg is not None:
                self.count["compared"] += 1
            if kg is not None and key_id(kg) != row["key_id"]:
                self.wrong["wrong key"].append(f"{gid} number {row['num']}")
        for (imsi, gid), is_in in self.member.items():
            if imsi in self.unsettled or is_in == ((imsi, gid) in inside):
                continue
            self.wrong["acknowledged join missing" if is_in else "acknowledged departure undone"].append(f"{imsi} in {gid}")

    def tell(self):
        for kind, findings in sorted(self.wrong.items()):
            print(f"{kind}: {len(findings)}: {'; '.join(findings[:5])}", file=sys.stderr)
        c = self.count
        print(
            f"{c['create']} creations, {c['join']} joins, {c['leave']} departures, {c['rekey']} rekeys acknowledged: "
            f"{sum(map(len, self.wrong.values()))} wrong; {len(self.unsettled)} joins and departures without an answer; "
            f"{len(self.key)} keys, {c['compared']} of them the gateway's present ones; "
            f"{len(self.own) + len(self.gateway)} Partial IVs, {len(self.sqn)} SQNs"
        )


def check(logs, groups, members):
    checker = Checker()
    for log in logs:
        checker.take(log)
    checker.judge(groups, members)
    return checker


def last(log, verb):
    return next(row for row in reversed(log) if row[0] == verb)


def self_test(logs, groups, members):
    """Each mistake, alone, has to be found by its name. What is changed is a copy."""

    def spoil(kind, log=(), groups=groups, members=members):
        if kind not in check([*logs, list(log)], groups, members).wrong:
            sys.exit(f"acks.py: the checker does not find: {kind}")

    rows = [row for log in logs for row in log]
    for verb, kind in (("own", "Partial IV of a meter used twice"), ("create", "G-ID given twice"),
                       ("rekey", "acknowledged key gone")):
        spoil(kind, [last(rows, verb)])
    spoil("Partial IV of the gateway used twice", [[*last(rows, "gateway")[:5], "0" * 16]])
    aka = last(rows, "aka")
    spoil("SQN used twice", [[*aka[:3], "0" * 32, aka[4]]])
    key = last(rows, "join")
    spoil("two keys under one number", [["key", *key[1:5], "0" * 32]])
    spoil("acknowledged key gone", groups=[{**row, "num": 0} for row in groups])
    spoil("wrong key", groups=[{**row, "key_id": "00000000"} for row in groups])
    spoil("acknowledged group missing", groups=[row for row in groups if row["gid"] != last(rows, "create")[3]])
    inside = members[-1]
    spoil("acknowledged join missing", members=members[:-1])
    spoil("acknowledged departure undone", [["leave", "0", inside["imsi"], inside["gid"]]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--groups", required=True)
    parser.add_argument("--members", required=True)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("logs", nargs="+")
    args = parser.parse_args()
    logs = [read_log(path) for path in args.logs]
    groups, members = read_rows(args.groups), read_rows(args.members)
    checker = check(logs, groups, members)
    checker.tell()
    if checker.wrong:
        sys.exit(1)
    if args.self_test:
        self_test(logs, groups, members)


if __name__ == "__main__":
    main()
