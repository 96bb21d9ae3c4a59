#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Attacks a gateway through the kernel's end of its tap interface.

    hostile.py INTERFACE MAC CONTROL PID PACKETS SEED

Each frame of a table has to be counted under its reason and be answered as the table says. Then PACKETS frames, valid
ones with octets changed, removed and added: no answer may be longer than what an unproved sender gets, the gateway may
not grow, and has to answer a ping after every batch. MAC is the gateway's; its addresses are 10.255.255.1 and
fd00:10::ffff:ffff; 001010000000003 is a subscriber.
"""

import ipaddress
import json
import os
import random
import socket
import struct
import sys

import cbor2

HERE4, GW4 = (ipaddress.ip_address(a).packed for a in ("10.0.0.7", "10.255.255.1"))
HERE6, GW6 = (ipaddress.ip_address(a).packed for a in ("fd00:10::7", "fd00:10::ffff:ffff"))
HERE_MAC = bytes.fromhex("020000000007")
IMSI = "001010000000003"
PORT = 5683
CON, NON, ACK, RST = range(4)
GET, POST, PUT = 1, 2, 3
URI_PATH, CONTENT_FORMAT, ACCEPT, OSCORE, BLOCK2, PROXY = 11, 12, 17, 9, 23, 35
BATCH = 256
UNPROVED_MAX, UNPROVED_FACTOR = 136, 3  # docs/protocol.md section 7.2
# Octets of anonymous memory: noise, nothing a packet. Sanitizers keep more books.
GROWTH_MAX = 1 << 20 if os.environ.get("MUSTER_SANITIZE", "none") == "none" else 32 << 20


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def eth(payload, kind=0x0800, dst=None, src=HERE_MAC):
    return (dst or GW_MAC) + src + struct.pack("!H", kind) + payload


def ip4(payload, proto=17, src=HERE4, dst=GW4, length=None, first=0x45, fragment=0, wrong=0):
    head = struct.pack("!BBHHHBBH4s4s", first, 0, length or 20 + len(payload), 0, fragment, 64, proto, 0, src, dst)
    return head[:10] + struct.pack("!H", checksum(head) ^ wrong) + head[12:] + payload


def ip6(payload, proto=17, src=HERE6, dst=GW6, length=None, first=0x60, hops=64):
    size = len(payload) if length is None else length
    return struct.pack("!BBHHBB16s16s", first, 0, 0, size, proto, hops, src, dst) + payload


def udp(payload, sport=PORT, dport=PORT, length=None, pair=(HERE4, GW4), wrong=0, none=False):
    size = 8 + len(payload)
    head = struct.pack("!HHHH", sport, dport, length or size, 0)
    total = checksum(pair[0] + pair[1] + struct.pack("!IxxxB", size, 17) + head + payload) or 0xFFFF
    return head[:6] + struct.pack("!H", 0 if none else total ^ wrong) + payload


def frame4(payload, **more):
    return eth(ip4(udp(payload, **more)))


def frame6(payload, **more):
    return eth(ip6(udp(payload, pair=(HERE6, GW6), **more)), 0x86DD)


def option(delta, value):
    def part(n):
        if n < 13:
            return n, b""
        return (13, bytes([n - 13])) if n < 269 else (14, struct.pack("!H", n - 269))
    (d, d_more), (n, n_more) = part(delta), part(len(value))
    return bytes([d << 4 | n]) + d_more + n_more + value


def coap(code, path="", options=(), payload=b"", kind=CON, mid=0x1234, token=b"\x07\x07"):
    """options: (number, value) besides the path."""
    items = [(URI_PATH, s.encode()) for s in path.split("/") if s] + list(options)
    out, last = bytes([0x40 | kind << 4 | len(token), code]) + struct.pack("!H", mid) + token, 0
    for number, value in sorted(items, key=lambda i: i[0]):
        out += option(number - last, value)
        last = number
    return out + (b"\xff" + payload if payload else b"")


def bsf(value, **more):
    """A request to /bsf with a CBOR value, or with octets as they are."""
    payload = value if isinstance(value, bytes) else cbor2.dumps(value)
    return coap(POST, "bsf", [(CONTENT_FORMAT, b"\x3c")], payload, **more)


def oscore(opt, payload=bytes(40), code=POST, more=()):
    return coap(code, "", [(OSCORE, opt), *more], payload)


class Gateway:
    """The control socket, and what the process takes of memory."""

    def __init__(self, path, pid):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r")
        self.status = f"/proc/{pid}/status"

    def ask(self, verb):
        self.socket.sendall(json.dumps({"verb": verb}).encode() + b"\n")
        row = json.loads(self.lines.readline())
        done = json.loads(self.lines.readline())
        if not done.get("done"):
            sys.exit(f"{verb}: {done}")
        return row

    def drops(self):
        return self.ask("stats")["drops"]

    def memory(self):
        with open(self.status, encoding="ascii") as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith("RssAnon:"))


class Wire:
    """The kernel's end of the tap, as raw frames."""

    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind((interface, 0))
        self.socket.settimeout(5)
        self.mid = 0

    def exchange(self, frames):
        """Sends frames, then a ping; returns the frames that came before the ping's answer."""
        self.mid = (self.mid + 1) & 0xFFFF
        ping = bytes([0x40, 0]) + struct.pack("!H", self.mid)
        for f in frames:
            self.socket.send(f)
        self.socket.send(frame4(ping, sport=9))
        answers = []
        while True:
            try:
                data, address = self.socket.recvfrom(65535)
            except TimeoutError:
                sys.exit("the gateway answers no more")
            if address[2] == socket.PACKET_OUTGOING or data[:6] != HERE_MAC:
                continue
            if data[42:46] == b"\x70\0" + ping[2:] and data[36:38] == b"\0\x09":
                return answers
            answers.append(data)


def coap_of(frame):
    """(destination port, CoAP octets) of an answer; None if it is no UDP."""
    if frame[12:14] == b"\x08\0" and frame[23] == 17:
        size = struct.unpack("!H", frame[38:40])[0] - 8
        return struct.unpack("!H", frame[36:38])[0], frame[42:42 + size]
    if frame[12:14] == b"\x86\xdd" and frame[20] == 17:
        size = struct.unpack("!H", frame[58:60])[0] - 8
        return struct.unpack("!H", frame[56:58])[0], frame[62:62 + size]
    return None


def arp(op=1, target=GW4, sender=HERE4, hardware=1):
    return eth(struct.pack("!HHBBH6s4s6s4s", hardware, 0x0800, 6, 4, op, HERE_MAC, sender, bytes(6), target), 0x0806)


def icmp6(body, dst=GW6, hops=255):
    size = len(body)
    total = checksum(HERE6 + dst + struct.pack("!IxxxB", size, 58) + body)
    return eth(ip6(body[:2] + struct.pack("!H", total) + body[4:], 58, dst=dst, hops=hops), 0x86DD)


def cases(cookie):
    """(reason, what is answered: None or a CoAP code, frame). `cookie` is a right one of another exchange."""
    ok = coap(GET, ".well-known/core", token=b"")
    net = [
        ("FRAME_SHORT", eth(b"")), ("FRAME_SHORT", eth(ip4(b"")[:19])), ("FRAME_SHORT", eth(ip6(b"")[:39], 0x86DD)),
        ("FRAME_SHORT", eth(b"\0\5\x81", 0x8100)), ("FRAME_SHORT", arp()[:41]),
        ("ETH_NOT_MINE", eth(ip4(udp(ok)), dst=bytes.fromhex("02000000dead"))),
        ("ETH_NOT_MINE", eth(ip4(udp(ok)), dst=b"\xff" * 6)),
        ("ETH_SOURCE", eth(ip4(udp(ok)), src=b"\x01" + bytes(5))), ("ETH_SOURCE", eth(ip4(udp(ok)), src=GW_MAC)),
        ("ETH_TYPE", eth(bytes(46), 0x88CC)), ("ETH_TYPE", eth(b"\0\1\x81\0\0\1\x81\0\0\1\x08\0" + ip4(udp(ok)), 0x8100)),
        ("ARP", arp(op=2)), ("ARP", arp(target=HERE4)), ("ARP", arp(sender=GW4)), ("ARP", arp(hardware=6)),
        ("IP_HEADER", eth(ip4(udp(ok), first=0x65))), ("IP_HEADER", eth(ip4(bytes(4) + udp(ok), first=0x46))),
        ("IP_HEADER", eth(ip6(udp(ok), first=0x40), 0x86DD)),
        ("IP_CHECKSUM", eth(ip4(udp(ok), wrong=1))), ("IP_LENGTH", eth(ip4(udp(ok), length=19))),
        ("IP_LENGTH", eth(ip4(udp(ok), length=65535))), ("IP_LENGTH", eth(ip6(udp(ok), length=1000), 0x86DD)),
        ("IP_FRAGMENT", eth(ip4(udp(ok), fragment=0x2000))), ("IP_FRAGMENT", eth(ip4(udp(ok), fragment=100))),
        ("IP_FRAGMENT", eth(ip6(bytes(16), 44), 0x86DD)),
        ("IP_NOT_MINE", eth(ip4(udp(ok), dst=HERE4))), ("IP_NOT_MINE", eth(ip6(udp(ok), dst=HERE6), 0x86DD)),
        ("IP_SOURCE", eth(ip4(udp(ok), src=b"\xe0\0\0\1"))), ("IP_SOURCE", eth(ip4(udp(ok), src=GW4))),
        ("IP_SOURCE", eth(ip4(udp(ok), src=b"\x7f\0\0\1"))), ("IP_SOURCE", eth(ip6(udp(ok), src=bytes(16)), 0x86DD)),
        ("IP_PROTO", eth(ip4(bytes(20), 6))), ("IP_PROTO", eth(ip6(bytes(20), 6), 0x86DD)),
        ("IP_PROTO", eth(ip6(b"\x11\0" + bytes(6) + udp(ok), 0), 0x86DD)),
        ("ICMP", eth(ip4(bytes(8), 1))), ("ICMP", eth(ip4(b"\x05\0" + bytes(6), 1))), ("ICMP", eth(ip6(b"\x80" + bytes(7), 58), 0x86DD)),
        ("ICMP", icmp6(b"\x87\0\0\0\0\0\0\0" + GW6, hops=64)), ("ICMP", icmp6(b"\x87\0\0\0\0\0\0\0" + GW6 + b"\1\0" + bytes(6))),
        ("UDP_LENGTH", eth(ip4(udp(ok, length=7)))), ("UDP_LENGTH", eth(ip4(udp(ok, length=9)))), ("UDP_LENGTH", eth(ip4(bytes(7)))),
        ("UDP_CHECKSUM", frame4(ok, wrong=1)), ("UDP_CHECKSUM", frame6(ok, none=True)),
        ("UDP_PORT", frame4(ok, dport=53)), ("UDP_PORT", frame4(ok, sport=0)),
    ]
    yield from ((reason, None, frame) for reason, frame in net)
    head = coap(POST, "bsf")
    rst = 0  # the code of a Reset
    app = [
        ("COAP_HEADER", None, b""), ("COAP_HEADER", None, b"\x40\x01\0"), ("COAP_HEADER", None, b"\x80\x01\0\1"),
        ("COAP_HEADER", rst, b"\x49\x01\0\1" + bytes(9)), ("COAP_HEADER", rst, b"\x44\x01\0\1\1"),
        ("COAP_OPTION", rst, head + b"\xff"), ("COAP_OPTION", rst, head + b"\xf0"), ("COAP_OPTION", rst, head + b"\xd0"),
        ("COAP_OPTION", rst, head + b"\x0f"), ("COAP_OPTION", rst, head + b"\xe0\xff\xff"), ("COAP_OPTION", rst, head + b"\x05abcd"),
        ("COAP_TYPE", None, coap(POST, "bsf", kind=ACK)), ("COAP_RESPONSE", None, b"\x60\x45\0\1"), ("COAP_RESPONSE", None, b"\x70\0\0\1"),
        ("COAP_RESPONSE", rst, coap(0x45)),
        ("COAP_CRITICAL", 0x82, coap(POST, "bsf", [(9999, b"")])), ("COAP_CRITICAL", 0x82, coap(POST, "bsf", [(PROXY, b"coap://x")])),
        ("COAP_CRITICAL", 0x82, coap(POST, "bsf", [(BLOCK2, b"\6")])),
        ("COAP_PATH", 0x84, coap(GET)), ("COAP_PATH", 0x84, coap(GET, "a/b/c/d/e/f")), ("COAP_PATH", 0x84, coap(GET, "a/b/c/d/e/f/g")),
        ("COAP_PATH", 0x84, coap(POST, "ace-group/0123456789ABCDEF")), ("COAP_PATH", 0x84, coap(POST, "x" * 255)),
        ("COAP_METHOD", 0x85, coap(GET, "bsf")), ("COAP_METHOD", 0x85, coap(31, "bsf")),
        ("COAP_ACCEPT", 0x86, coap(POST, "bsf", [(CONTENT_FORMAT, b"\x3c"), (ACCEPT, b"\x32")])),
        ("COAP_FORMAT", 0x8F, coap(POST, "bsf", [], b"\xa0")), ("COAP_FORMAT", 0x8F, coap(POST, "manage", [(CONTENT_FORMAT, b"\x32")], b"\xa0")),
        ("COAP_TOO_LARGE", 0x8D, bsf(bytes(1100))),
        ("COAP_AMPLIFY", None, coap(POST, "manage")), ("COAP_AMPLIFY", None, coap(POST, "session")),
        ("CBOR_MALFORMED", 0x80, bsf(b"\xa1\x01\x6f001")), ("CBOR_MALFORMED", 0x80, bsf(b"\xa1\x01\x7c")),
        ("CBOR_MALFORMED", 0x80, bsf(b"\xbb" + b"\xff" * 8)), ("CBOR_MALFORMED", 0x80, bsf(b"\xa1\x05\x5b" + b"\xff" * 8)),
        ("CBOR_MALFORMED", 0x80, bsf(cbor2.dumps({1: IMSI}) + b"\0")),
        ("CBOR_ENCODING", 0x80, bsf(b"\xbf\x01\x6f" + IMSI.encode() + b"\xff")), ("CBOR_ENCODING", 0x80, bsf(b"\xb8\x01\x01\x6f" + IMSI.encode())),
        ("CBOR_ENCODING", 0x80, bsf(b"\xa1\x18\x01\x6f" + IMSI.encode())), ("CBOR_ENCODING", 0x80, bsf(b"\xa2" + (b"\x01\x6f" + IMSI.encode()) * 2)),
        ("CBOR_TYPE", 0x80, bsf([1])), ("CBOR_TYPE", 0x80, bsf({1: 7})), ("CBOR_TYPE", 0x80, bsf({5: "cookie"})),
        ("CBOR_DEPTH", 0x80, bsf(b"\xa1\x10" + b"\x81" * 60 + b"\0")),
        ("CBOR_MISSING", 0x80, bsf({})), ("CBOR_MISSING", 0x80, bsf({5: cookie})),
        ("CBOR_RANGE", 0x80, bsf({5: cookie, 6: b"short"})),
        ("IDENTITY", 0x80, bsf({1: "abcdef"})), ("IDENTITY", 0x80, bsf({2: IMSI + "@ims.mnc001.mcc002.3gppnetwork.org"})),
        ("COOKIE_FORGED", 0x81, bsf({5: bytes(16), 6: bytes(16)})), ("COOKIE_FORGED", 0x81, bsf({5: bytes(1), 6: bytes(16)})),
        ("COOKIE_FORGED", 0x81, bsf({5: bytes([cookie[0] ^ 1]) + cookie[1:], 6: bytes(16)})),
        ("PROOF_WRONG", 0x81, bsf({5: cookie, 6: bytes(16)})), ("AUTS_FORGED", 0x81, bsf({5: cookie, 7: bytes(14)})),
        ("OSCORE_OPTION", 0x82, oscore(b"\xe0")), ("OSCORE_OPTION", 0x82, oscore(b"\x0f")), ("OSCORE_OPTION", 0x82, oscore(b"\x19\0\x11abc")),
        ("OSCORE_KID", 0x81, oscore(b"\x09\0")), ("OSCORE_KID", 0x81, oscore(b"\x09\0" + bytes(7))),
        ("OSCORE_KID", 0x81, oscore(b"\x19\0\x10" + cookie + bytes(7))),
        ("COOKIE_FORGED", 0x81, oscore(b"\x19\0\x10" + bytes(16) + bytes(7))),
        # A right cookie as kid context, hence keys are derived; but who sends it has none.
        ("OSCORE_TAG", 0x81, oscore(b"\x19\0\x10" + cookie + cookie[:7])), ("OSCORE_TAG", 0x81, oscore(b"\x19\0\x10" + cookie + cookie[:7], bytes(500))),
        ("COAP_TOO_LARGE", 0x8D, oscore(b"\x19\0\x10" + cookie + cookie[:7], bytes(900))),
        ("COAP_METHOD", 0x85, oscore(b"\x19\0\x10" + cookie + cookie[:7], code=PUT)),
        ("COAP_CRITICAL", 0x82, oscore(b"\x19\0\x10" + cookie + cookie[:7], more=[(URI_PATH, b"manage")])),
    ]
    yield from ((reason, code, frame4(message)) for reason, code, message in app)
    yield from ((reason, code, frame6(message)) for reason, code, message in app)


def challenge(wire):
    """A right cookie: RAND of a challenge to the subscriber."""
    for answer in wire.exchange([frame4(bsf({1: IMSI}))]):
        _, message = coap_of(answer)
        if message[1] == 0x81:
            return cbor2.loads(message[message.index(b"\xff") + 1:])[3]
    sys.exit("no challenge")


def counted(gateway, wire):
    """Every case alone: its reason goes up by one, no other does, and the answer is the expected one."""
    table = list(cases(challenge(wire)))
    before = gateway.drops()
    wrong = 0
    for number, (reason, code, frame) in enumerate(table):
        answers = [coap_of(a) for a in wire.exchange([frame])]
        after = gateway.drops()
        new = {r: n - before.get(r, 0) for r, n in after.items() if n != before.get(r, 0)}
        before = after
        codes = [m[1] for _, m in filter(None, answers)]
        if new != {reason: 1} or codes != ([] if code is None else [code]):
            print(f"case {number}: {new} {codes}, not {reason} {code}: {frame.hex()}", file=sys.stderr)
            wrong += 1
    if wrong:
        sys.exit(f"{wrong} of {len(table)} cases")
    return len(table)


def seeds(wire):
    """Messages that are right, to be changed."""
    cookie = challenge(wire)
    pad = {15: bytes(30)}
    hint = [(CONTENT_FORMAT, b"\x3c")]
    messages = [
        coap(GET, ".well-known/core"), bsf({1: IMSI}), bsf({2: IMSI + "@ims.mnc001.mcc001.3gppnetwork.org"}),
        bsf({1: "262019876543210"}), bsf({5: cookie, 6: bytes(16)}), bsf({5: cookie, 7: bytes(14)}),
        coap(POST, "manage", hint, cbor2.dumps(pad)), coap(POST, "session", hint, cbor2.dumps({1: IMSI, **pad})),
        coap(POST, "ace-group/0123456789abcdef", hint, cbor2.dumps({1: IMSI, **pad}), kind=NON),
        coap(GET, "ace-group/0123456789abcdef/num", hint, cbor2.dumps(pad)),
        oscore(b"\x19\0\x10" + cookie + cookie[:7]), oscore(b"\x09\0" + cookie[:7]), oscore(b"\x0d\0\0\0\0\1" + cookie[:7], bytes(300)),
    ]
    return messages


def changed(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at = rng.randrange(len(data) + 1)
        what = rng.randrange(5)
        if what == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif what == 1 and data:
            data[at % len(data)] = rng.choice((0, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif what == 2:
            del data[at:at + rng.choice((1, 2, 8, 64))]
        elif what == 3:
            data[at:at] = rng.randbytes(rng.choice((1, 2, 8, 64)))
        else:
            data += data[at:at + 16]
    return bytes(data[:1400])


def hostile_frame(rng, messages, port):
    """Mostly right frames around wrong messages; sometimes the frame itself is wrong. Returns it, and its CoAP octets."""
    message = changed(rng, rng.choice(messages))
    frame = (frame4 if rng.random() < 0.5 else frame6)(message, sport=port)
    if rng.random() < 0.15:
        frame = changed(rng, frame)
        frame = (frame if rng.random() < 0.5 else GW_MAC + HERE_MAC + frame[12:]).ljust(14, b"\0")
    return frame, len(message)


def judge(answers, sent):
    """Answers stay within the bounds of what somebody unproved gets."""
    for answer in answers:
        port_and_message = coap_of(answer)
        if port_and_message is None:
            continue
        port, message = port_and_message
        size = len(message)
        if size > UNPROVED_MAX or (port in sent and size > UNPROVED_FACTOR * sent[port]):
            sys.exit(f"{size} octets answer {sent.get(port)}: {message.hex()}")


def flood(gateway, wire, packets, rng):
    """Returns (answers, growth in octets)."""
    messages, ready = seeds(wire), []
    for _ in range(0, min(packets, 64 * BATCH), BATCH):
        ready.append([(1024 + i, *hostile_frame(rng, messages, 1024 + i)) for i in range(BATCH)])
    answered, memory, done = 0, None, 0
    while done < packets:
        batch = ready[done // BATCH % len(ready)]
        answers = wire.exchange([frame for _, frame, _ in batch])
        # A frame that was changed may come from any port; the others have one each.
        judge(answers, {port: size for port, _, size in batch})
        answered += len(answers)
        done += BATCH
        if memory is None and done >= packets // 10:
            memory = gateway.memory()
    return answered, gateway.memory() - memory


def main():
    global GW_MAC
    interface, mac, control, pid, packets, seed = sys.argv[1:]
    GW_MAC = bytes.fromhex(mac.replace(":", ""))
    gateway, wire, rng = Gateway(control, pid), Wire(interface), random.Random(int(seed))
    count = counted(gateway, wire)
    before = gateway.ask("stats")["outcomes"]["RX_FRAMES"]
    answered, growth = flood(gateway, wire, int(packets), rng)
    received = gateway.ask("stats")["outcomes"]["RX_FRAMES"] - before
    status = gateway.ask("status")
    print(f"{count} cases; {received} frames received, {answered} answered, {growth} octets grown, seed {seed}")
    print("reasons:", json.dumps(gateway.drops()))
    if received < int(packets):
        sys.exit("frames were lost on the way: the kernel's queue was too short")
    if growth > GROWTH_MAX:
        sys.exit(f"the gateway grew by {growth} octets")
    if status["sessions"] or status["groups"] or status["memberships"]:
        sys.exit(f"state without a proof: {status}")


main()
