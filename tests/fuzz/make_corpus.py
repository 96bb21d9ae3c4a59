#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of the targets cbor, config, eth_to_coap, gateway and ub_ua (in part) into corpus/.

    ./make_corpus.py

Frames and encodings are those of the unit tests; the octets in front choose what a target does with them.
"""

import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
UNIT = HERE.parent / "unit"


def seed(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")).write_bytes(data)


def cbor():
    rows = re.findall(r'\{"([0-9a-f]*)",\s+(OK|ENCODING|MALFORMED)\}', (UNIT / "cbor/appendix_a_test.c").read_text())
    for hexa, verdict in rows:
        seed("cbor", f"{verdict} {hexa[:32]}", b"\0" + bytes.fromhex(hexa))
    rows = re.findall(r'^\{"([0-9a-f]+)",', (UNIT / "cbor/vectors.inc").read_text(), re.MULTILINE)
    for number, hexa in enumerate(row for row in rows if 60 < len(row) < 200):
        seed("cbor", f"value {number}", b"\0" + bytes.fromhex(hexa))
    # map; key, uint; key, bstr; key, tstr; key, array: item, item, end; end
    script = bytes([0x0B, 0x0D, 0xF0, 0x0D, 0xF2, 0x0D, 0xF3, 0x0D, 0x0A, 0x0C, 0x05, 0x0C, 0x06, 0x0C, 0x0D])
    item = bytes.fromhex("a4010f0242aabb0363616263183282f5f6")
    seed("cbor", "script map", b"\1" + bytes([len(script)]) + script + item)
    # the same with values left unread, then a skip past the end
    script = bytes([0x0B, 0x0D, 0x0D, 0x0D, 0x0D, 0x0D, 0x07])
    seed("cbor", "script unread", b"\1" + bytes([len(script)]) + script + item)
    script = bytes([0x0A] * 8 + [0x0C, 0x07])
    seed("cbor", "script deep", b"\1" + bytes([len(script)]) + script + b"\x81" * 9 + b"\0")
    script = bytes([0x29, 0x00, 0x01, 0x24, 0x08, 0x0E])
    seed("cbor", "script array", b"\1" + bytes([len(script)]) + script + bytes.fromhex("8200204201020af6"))


def frames():
    text = (UNIT / "net/vectors.inc").read_text()
    for name, size, frame in re.findall(r'\{"([^"]+)", (\d+),\s+"([0-9a-f]*)"', text):
        if int(size) <= 120:
            seed("eth_to_coap", "frame " + name, b"\0" + bytes.fromhex(frame))


def ip_frame(family, proto, content):
    ether = bytes.fromhex("020000000001020000000002")
    if family == 4:
        header = bytes.fromhex("4500") + (20 + len(content)).to_bytes(2, "big") + bytes.fromhex("0000000040")
        return ether + b"\x08\0" + header + bytes([proto, 0, 0]) + bytes.fromhex("c0000209c0000201") + content
    header = bytes.fromhex("60000000") + len(content).to_bytes(2, "big") + bytes([proto, 255])
    peer, host = (bytes.fromhex("20010db8") + bytes(11) + bytes([last]) for last in (9, 1))
    return ether + b"\x86\xdd" + header + peer + host + content


def udp(message):
    return bytes.fromhex("9c401633") + (8 + len(message)).to_bytes(2, "big") + b"\0\0" + message


MESSAGES = {
    "get core": "40017d34bb2e77656c6c2d6b6e6f776e04636f7265",
    "post bsf": "44021234aabbccddb3627366113cff" "a101" "6f303031303130303030303030303031",
    "join": "48025678" "0102030405060708" "b96163652d67726f7570" "0d03" "30313233343536373839616263646566",
    "oscore": "44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e",
    "response": "61457d3520ff32322e332043",
    "ping": "4000abcd",
    "reset": "7000abcd",
    "critical": "4002abcd10",
    "elective": "4002abcd2161",
    "long path": "4002abcdb161016101610161016101610161",
    "all extensions": "4002abcd" "bd00" + "61" * 13 + "e00001" "00",
    "highest option": "4002abcde0fef1",
    "no payload": "4002abcdff",
    "reserved nibble": "4002abcdf0",
    "token of 9": "49010000" + "00" * 9,
    "version 2": "80010000",
    "class 7": "40e10000",
    "block1 and echo": "4002abcdd10e0ad1d402" "deadbeef00",
}


def messages():
    for name, hexa in MESSAGES.items():
        data = bytes.fromhex(hexa)
        seed("eth_to_coap", "coap " + name, b"\2" + data)
        seed("eth_to_coap", "udp4 " + name, b"\1" + ip_frame(4, 17, udp(data)))
        seed("eth_to_coap", "udp6 " + name, b"\1" + ip_frame(6, 17, udp(data)))
        seed("eth_to_coap", "options " + name, b"\3" + data[4 + (data[0] & 15):])
    for family, proto, kind in ((4, 1, 8), (6, 58, 128), (6, 58, 135)):
        content = bytes([kind, 0, 0, 0, 0, 0, 0, 0]) + bytes.fromhex("20010db8") + bytes(11) + b"\1"
        seed("eth_to_coap", f"icmp{family} {kind}", b"\1" + ip_frame(family, proto, content))


def adverts():
    arp = "0200000000010200000000020806" "0001080006040002" "020000000002c0000209" "020000000001c0000201"
    seed("eth_to_coap", "advert arp", b"\4" + bytes.fromhex(arp))
    advert = ("02000000000102000000000286dd" "6000000000203aff" "20010db8000000000000000000000009"
              "20010db8000000000000000000000001" "8800" "CHECK" "60000000" "20010db8000000000000000000000009" "0201020000000002")
    data = bytes.fromhex(advert.replace("CHECK", "0000"))
    pseudo = data[22:54] + (32).to_bytes(4, "big") + (58).to_bytes(4, "big") + data[54:]
    total = sum(int.from_bytes(pseudo[i:i + 2], "big") for i in range(0, len(pseudo), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    seed("eth_to_coap", "advert nd", b"\4" + data[:56] + (total ^ 0xFFFF).to_bytes(2, "big") + data[58:])


def packet(message, flags=0):
    return bytes([flags]) + len(message).to_bytes(2, "big") + message


def marks(number):
    """What stands for a kid and a RAND that the target's gateway knows."""
    rand = bytes([number]) + b"mustercookiecoo"
    return rand[:7], rand


def examples():
    """The blocks of docs/protocol.md section 11, by their names."""
    text = (HERE.parent.parent / "docs/protocol.md").read_text()
    blocks = re.findall(r"```hex\n# ([a-z0-9-]+)\n(?:#[^\n]*\n)?([0-9a-f\n]+)```", text)
    return {name: bytes.fromhex(block.replace("\n", "")) for name, block in blocks}


RESOURCES = ("manage", "group", "num", "policies", "pending", "node", "rekey", "owners", "session")
ANSWERS = {"created": "manage", "joined": "group", "rejoined": "group", "admitted": "group", "read-key": "group",
           "observed": "group", "notification": "group", "end": "group", "evicted": "group", "dissolved": "group",
           "not-member": "group", "no-group": "group", "group-full": "group", "num": "num", "policies": "policies",
           "policies-put": "policies", "pending": "pending", "candidate": "pending", "decided": "pending",
           "left": "node", "rekeyed": "rekey", "owners": "owners", "transferred": "owners", "session": "session"}


def ua():
    """Plaintexts of requests and answers."""
    plain = {name[:-6]: data for name, data in examples().items() if name.endswith("-plain")}
    for name, data in plain.items():
        if name in ANSWERS:
            seed("ub_ua", "response " + name, b"\2" + bytes([RESOURCES.index(ANSWERS[name])]) + data)
        elif data[0] < 32:
            seed("ub_ua", "request " + name, b"\1" + data)
    group = bytes.fromhex("b96163652d67726f75700d03") + b"0123456789abcdef"
    policies = {"ranges": "a110a13a0001000781826f3030313031303030303030303030306f303031303130303030303030303939",
                "all but ranges": "a110aa01190e10021902583a00010000013a000100010a3a00010002023a00010003183c"
                                  "3a00010004f53a000100051a000151803a00010006f43a0001000807"}
    for name, hexa in policies.items():
        seed("ub_ua", "request policies " + name,
             b"\1\3" + group + bytes.fromhex("08706f6c6963696573120105ff") + bytes.fromhex(hexa))
    decisions = {"both": "a2008166303031303131018166303031303132", "rest": "a200816630303130313101f5"}
    for name, hexa in decisions.items():
        seed("ub_ua", "request decide " + name,
             b"\1\2" + group + bytes.fromhex("0770656e64696e67120105ff") + bytes.fromhex(hexa))


def gateway():
    requests = {name: data for name, data in examples().items()
                if data[:2] in (b"\x44\1", b"\x44\2", b"\x44\5")}
    assert len(requests) > 10
    for name, message in requests.items():
        seed("gateway", "example " + name, packet(message))
    seed("gateway", "examples", b"".join(packet(message, 2 * (i % 8)) for i, message in enumerate(requests.values())))
    for name, hexa in MESSAGES.items():
        seed("gateway", "coap " + name, packet(bytes.fromhex(hexa), 6))

    ub = bytes.fromhex("44021234aabbccddb3627366113cff")
    head = bytes.fromhex("44021234aabbccdd")
    known = []
    for number, who in enumerate(("me", "uicc", "unknown", "session")):
        kid, rand = marks(number)
        answer = ub + bytes.fromhex("a20550") + rand + bytes.fromhex("0650") + bytes(16)
        resync = ub + bytes.fromhex("a20550") + rand + bytes.fromhex("074e") + bytes(14)
        express = head + bytes.fromhex("9d0d190010") + rand + kid + b"\xff" + bytes(40)
        secured = head + bytes.fromhex("990903") + kid + b"\xff" + bytes(40)
        for name, message in (("answer", answer), ("resync", resync), ("express", express), ("secured", secured)):
            seed("gateway", f"{name} {who}", packet(message))
            known.append(message)
    seed("gateway", "all at once", b"".join(packet(m, 2 * i % 16) for i, m in enumerate(known)))
    seed("gateway", "64 times", packet(known[0]) * 32 + packet(known[2]) * 32)
    for digits in ("001010000000001", "001010000000003", "001010000099999"):
        imsi = ub + b"\xa1\x01\x6f" + digits.encode()
        impi = ub + b"\xa1\x02\x78\x27" + digits.encode() + b"@ims.mnc001.mcc001.3gppnetwork.org"
        express = bytes.fromhex("44021234aabbccddb66d616e616765113cffa1016f") + digits.encode()
        seed("gateway", "identities " + digits, packet(imsi) + packet(impi, 2) + packet(express, 4))
    hello = bytes.fromhex("44021234aabbccddb66d616e616765113cffa10f46000000000000")
    seed("gateway", "negotiation", packet(hello) + packet(hello[:12]) + packet(hello, 16) + packet(b"\x40\0\x12\x34"))
    arp = bytes.fromhex("ffffffffffff0200000000020806" "0001080006040001" "0200000000020a000105" "0000000000000afffffe")
    echo = bytes.fromhex("0200000000010200000000020800" "4500001c0000000040010000" "0a0001050afffffe" "0800f7ff00000000")
    total = sum(int.from_bytes(echo[i:i + 2], "big") for i in range(14, 34, 2))
    total = (total & 0xFFFF) + (total >> 16)
    echo = echo[:24] + (total ^ 0xFFFF).to_bytes(2, "big") + echo[26:]
    seed("gateway", "raw frames", packet(arp, 1) + packet(echo, 1) + packet(arp, 17) + packet(ub, 1) + packet(ub + b"\xa0"))


def config():
    for profile in sorted((HERE.parent.parent / "drivers-cfg").glob("*.yaml")):
        seed("config", "profile " + profile.stem, b"\0" + profile.read_bytes())
    least = "naf: {fqdn: naf.example.com}\nbsf: {fqdn: bsf.example.com}\nhss: [{name: a, subscribers: a.csv}]\n"
    seed("config", "least", b"\0" + least.encode())
    seed("config", "overrides", b"\2" + b"workers=2\nlog.level=debug\n" + least.encode())
    seed("config", "wrong override", b"\1" + b"workers=-1\n" + least.encode())
    for name, wrong in {"alias": "a: &x 1\nb: *x\n", "tag": "workers: !!int 1\n", "merge": "<<: {workers: 1}\n",
                        "two documents": "workers: 1\n---\nworkers: 2\n", "twice": "workers: 1\nworkers: 1\n",
                        "unknown": "wrkers: 1\n", "sequence": "- 1\n", "nested": "host: {mac: {a: 1}}\n",
                        "addresses": "host: {ipv4: [10.0.0.1/24, 300.1.1.1], ipv6: ['2001:db8::1/64', '::g']}\n",
                        "sizes": "eal: {memory: 18446744073709551616}\nsqn: {tick: 0.1s}\n",
                        "unfinished": "hss: [{name: a", "binary": "a\0b: \xff\n"}.items():
        seed("config", "wrong " + name, b"\0" + wrong.encode("latin-1"))


if __name__ == "__main__":
    for part in (cbor, frames, messages, adverts, ua, gateway, config):
        part()
