#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Devices written from docs/protocol.md alone go through all that the document has.

    stranger.py ADDRESS SUBSCRIBERS.csv [restart]

restart: what devices do when the gateway was started anew. Prints "restart" when it is to be, and goes on when a line
can be read.
"""

import csv
import sys
import time

from stranger_device import (BAD_REQUEST, CHANGED, CONFLICT, CONTENT, CREATED, DELETE, DELETED, FORBIDDEN, GET,
                             NOT_FOUND, POST, PUT, UNAUTHORIZED, Device)

ADMISSION, REKEY_ON_LEAVE, OWNERS_DECIDE, AT_ONCE = -65537, -65539, 2, 1
STORE_KEY = -65538


def check(condition, *what):
    if not condition:
        raise AssertionError(what)


def flows(devices):
    """Both flows, by IMSI and IMPI, creation and join; plain GBA."""
    a, b, c = devices[:3]
    a.negotiate(POST, "manage")
    btid = a.bootstrap()
    check(a.resynchronised <= 1)  # a USIM that never saw an SQN finds the first too far ahead
    gid = a.create()
    check(len(gid) == 16)

    b.express(POST, f"ace-group/{gid}")
    check(b.join(gid).code == CREATED)
    check(b.keys[gid] == a.keys[gid])
    check(b.join(gid).code == CHANGED)
    check(b.request(GET, f"ace-group/{gid}").code == CONTENT)

    c.negotiate(POST, f"ace-group/{gid}")
    c.bootstrap(by_impi=True)
    check(c.request(GET, f"ace-group/{gid}").error_id == 0)
    check(c.join(gid).code == CREATED and c.keys[gid] == a.keys[gid])

    answer = a.request(GET, "session")
    check(answer.code == CONTENT and answer.value[8] == btid and 0 < answer.value[9] <= 86400, answer)
    check(a.request(GET, f"ace-group/{gid}/num").value == 1)
    other = a.create()
    check(a.keys[other][1] != a.keys[gid][1])
    return gid


def storage(devices, gid):
    """`store` against the subscriber's GBA type."""
    for device in devices[:3]:
        wrong = {**device.identity(), STORE_KEY: 0 if device.gba_u else 1}
        check(device.request(POST, f"ace-group/{gid}", wrong).code == BAD_REQUEST)


def renewal(device, gid):
    """A new bootstrap ends the session and leaves the memberships."""
    old = device.session
    device.bootstrap()
    new, device.session = device.session, old
    check(device.request(GET, f"ace-group/{gid}") == UNAUTHORIZED)
    device.session = new
    check(device.request(GET, f"ace-group/{gid}").code == CONTENT)


def approval(devices):
    """The creator observes who waits, admits one and refuses one."""
    owner, good, bad = devices[:3]
    gid = owner.create({ADMISSION: OWNERS_DECIDE})
    pending = f"ace-group/{gid}/pending"
    answer = owner.request(GET, pending, observe=0)
    check(answer.code == CONTENT and answer.observed and answer.value == {0: 0, 1: []}, answer)
    observation = owner.token

    tokens = {}
    for device in (good, bad):
        check(device.join(gid) is None)
        tokens[device] = device.token
    seen = owner.later(observation).value
    while seen[0] < 2:
        seen = owner.later(observation).value
    check(sorted(row[:2] for row in seen[1]) == [[d.imsi, d.imei] for d in (good, bad)], seen)

    check(good.request(GET, pending).code == FORBIDDEN)
    decision = {0: [good.imsi], 1: [bad.imsi]}
    answer = owner.request(POST, pending, decision)
    check(answer.code == CHANGED and answer.value == {0: 1, 1: 1, 2: 0}, answer)
    check(owner.request(POST, pending, decision).value == {0: 0, 1: 0, 2: 2})
    check(owner.request(POST, pending, {0: [good.imsi], 1: [good.imsi]}).code == BAD_REQUEST)

    check(good.entered(good.later(tokens[good])).code == CREATED)
    check(good.keys[gid] == owner.keys[gid])
    answer = bad.later(tokens[bad])
    check(answer.code == FORBIDDEN and answer.value is None, answer)
    return gid


def keys(owner, member, gid):
    """Rekeying: on command, seen by an observer; the number; numbers that are not the present one."""
    group = f"ace-group/{gid}"
    check(owner.request(PUT, f"{group}/policies", {16: {REKEY_ON_LEAVE: AT_ONCE, 2: 60}}).code == CHANGED)
    check(member.request(GET, f"{group}/policies").value[16][ADMISSION] == OWNERS_DECIDE)
    check(member.request(PUT, f"{group}/policies", {16: {2: 1}}).error_id == 1)

    first = member.request(GET, group, observe=0)
    check(first.observed and first.value[9] == 1, first)
    observation, before = member.token, member.keys[gid]
    check(owner.request(POST, f"{group}/rekey", {9: 7}).code == CONFLICT)
    time.sleep(1.1)  # members of an earlier second than the rekey's get the earlier key
    check(owner.request(POST, f"{group}/rekey", {9: 1}).code == CHANGED)
    notified = member.store_key(gid, member.later(observation))
    check(notified.observed and notified.sequence > first.sequence)
    check(member.keys[gid][0] == 2 and member.keys[gid][1] != before[1])
    check(notified.value[-65539][:2] == [before[1], 1], notified)
    owner.store_key(gid, owner.request(GET, group))
    check(owner.keys[gid] == member.keys[gid])
    check(member.request(GET, f"{group}/num").value == 2)
    return observation


def departures(devices, gid, observation):
    """Eviction, leaving, transfer, dissolution."""
    owner, member, other = devices[:3]
    group = f"ace-group/{gid}"
    check(other.join(gid) is None)
    token = other.token
    while owner.request(GET, f"{group}/pending").value[0] == 0:  # acknowledged is not yet entered
        time.sleep(0.05)
    check(owner.request(POST, f"{group}/pending", {0: True}).value == {0: 1, 1: 0, 2: 0})
    check(other.entered(other.later(token)).code == CREATED)

    check(member.request(DELETE, f"{group}/nodes/{other.imsi}").error_id == 1)
    check(owner.request(DELETE, f"{group}/nodes/{other.imsi}").code == DELETED)
    check(owner.request(DELETE, f"{group}/nodes/{other.imsi}").code == NOT_FOUND)
    member.store_key(gid, member.later(observation))
    check(member.keys[gid][0] == 3)
    check(other.request(GET, group) == UNAUTHORIZED)
    time.sleep(1.1)  # a challenge issued after the eviction
    other.bootstrap()
    check(other.request(GET, group).error_id == 5)
    check(other.join(gid).error_id == 5)

    check(owner.request(POST, f"{group}/owners", {0: member.imsi}).code == CHANGED)
    check(member.request(GET, f"{group}/owners").value == {0: member.imsi, 1: [owner.imsi]})
    check(owner.request(DELETE, f"{group}/nodes/{owner.imsi}").code == DELETED)
    check(owner.request(GET, group).error_id == 0)
    member.store_key(gid, member.later(observation))
    check(member.keys[gid][0] == 4)

    check(owner.request(DELETE, group).error_id == 0)
    check(member.request(DELETE, group).code == DELETED)
    last = member.later(observation)
    check(last.code == NOT_FOUND and last.error_id == 6 and not last.observed, last)
    answer = owner.join(gid)
    check(answer.code == NOT_FOUND and answer.error_id in (6, None), answer)


def restart(devices):
    """Sessions that outlive the gateway are asked for Echo once (section 5.8); keys and memberships go on."""
    owner, member, stranger = devices[:3]
    owner.bootstrap_from_nothing("manage")
    gid = owner.create()
    group = f"ace-group/{gid}"
    member.bootstrap_from_nothing(group)
    check(member.join(gid).code == CREATED)
    stranger.bootstrap_from_nothing(group)
    check(owner.request(GET, group, observe=0).observed)
    observation = owner.token
    closed = owner.create({ADMISSION: OWNERS_DECIDE})
    check(member.join(closed) is None)
    waiting = member.token
    while owner.request(GET, f"ace-group/{closed}/pending").value[0] == 0:
        time.sleep(0.05)
    of_member, of_owner = member.sent, owner.sent
    print("restart", flush=True)
    sys.stdin.readline()

    # A message of the earlier run is not executed, whether the session has been heard of since or not.
    answer = member.again(of_member)
    check(answer.code == UNAUTHORIZED and len(answer.echo) == 8 and answer.value is None, answer)
    for device in (owner, member):
        answer = device.store_key(gid, device.request(GET, group))
        check(answer.code == CONTENT and device.echoes == 1, answer)
    check(owner.keys[gid] == member.keys[gid] and owner.keys[gid][0] == 1)
    check(owner.again(of_owner) == UNAUTHORIZED)
    check(member.request(GET, f"{group}/num").value == 1 and member.echoes == 1)

    # A request that changes something runs once, as the first of its session too.
    check(stranger.join(gid).code == CREATED and stranger.echoes == 1)
    check(stranger.keys[gid] == owner.keys[gid])
    check(owner.request(POST, f"{group}/rekey", {9: 1}).code == CHANGED)

    # A candidate is still one, and is answered when it has asked again; nobody observes any more.
    pending = f"ace-group/{closed}/pending"
    check([row[0] for row in owner.request(GET, pending).value[1]] == [member.imsi])
    check(member.join(closed) is None)
    check(owner.request(POST, pending, {0: [member.imsi]}).value == {0: 1, 1: 0, 2: 0})
    check(member.entered(member.later(member.token)).code == CREATED)
    check(member.keys[closed] == owner.keys[closed])
    check(not member.arrived.get(waiting) and not owner.arrived.get(observation))
    owner.bootstrap()
    check(owner.request(GET, f"{group}/num").value == 2 and owner.echoes == 1)


def main():
    gateway, path, *part = sys.argv[1:]
    with open(path, encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    devices = [Device(gateway, row, f"{49015420323751 + i:014}") for i, row in enumerate(rows)]
    kinds = {device.gba_u for device in devices[:3]}
    check(kinds == {False, True}, "both kinds of subscribers are to be among the first three")
    if part == ["restart"]:
        restart(devices)
        print(f"{gateway}: a gateway started anew")
        return
    gid = flows(devices)
    storage(devices, gid)
    renewal(devices[0], gid)
    gid = approval(devices)
    observation = keys(devices[0], devices[1], gid)
    departures(devices, gid, observation)
    print(f"{gateway}: all that the document has")


main()
