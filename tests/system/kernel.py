#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Echo requests of ICMP, and CoAP pings, to a host through the kernel's IP stack.

    kernel.py ADDRESS
"""

import os
import socket
import struct
import sys


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo(address, size):
    """The kernel adds the checksum of ICMPv6; it hands over IPv4 headers, but not those of IPv6."""
    six = ":" in address
    family, proto = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, socket.IPPROTO_ICMP)
    request, reply = (128, 129) if six else (8, 0)
    body = struct.pack("!HH", os.getpid() & 0xFFFF, size) + os.urandom(size)
    head = struct.pack("!BBH", request, 0, 0)
    if not six:
        head = struct.pack("!BBH", request, 0, checksum(head + body))
    with socket.socket(family, socket.SOCK_RAW, proto) as s:
        s.settimeout(3)
        s.sendto(head + body, (address, 0))
        while True:
            data, sender = s.recvfrom(65535)
            message = data if six else data[4 * (data[0] & 15):]
            if sender[0] == address and message[0] == reply and message[4:] == body:
                return


def coap_ping(address):
    """An Empty Confirmable message is answered by Reset with its message id (RFC 7252 section 4.3)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.connect((address, 5683))
        s.send(bytes.fromhex("4000abcd"))
        answer = s.recv(64)
    if answer != bytes.fromhex("7000abcd"):
        sys.exit(f"CoAP ping of {address} answered by {answer.hex()}")


def main():
    address = sys.argv[1]
    for size in (0, 1, 56, 1400):
        try:
            echo(address, size)
        except TimeoutError:
            sys.exit(f"no echo of {size} octets from {address}")
    coap_ping(address)


main()
