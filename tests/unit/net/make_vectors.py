#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes vectors.inc: frames built by scapy, what becomes of them, and the answers as scapy builds them.

    ./make_vectors.py > vectors.inc          (Debian package python3-scapy)

The host is 02:00:00:00:00:01 with 192.0.2.1, 198.51.100.1, 2001:db8::1 and fe80::1, its UDP port is 5683.
A datagram is answered with the eleven octets "the answer!".
"""

from scapy.all import (ARP, ICMP, IP, IPv6, UDP, Dot1AD, Dot1Q, Ether, ICMPv6EchoReply, ICMPv6EchoRequest,
                       ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, ICMPv6Unknown,
                       IPOption_Router_Alert, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, Raw)

HOST, PEER, ALL = "02:00:00:00:00:01", "02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff"
IP4, IP4B, PEER4 = "192.0.2.1", "198.51.100.1", "192.0.2.9"
IP6, LOCAL6, PEER6, PEERLOCAL6 = "2001:db8::1", "fe80::1", "2001:db8::9", "fe80::9"
GROUP6, GROUPMAC = "ff02::1:ff00:1", "33:33:ff:00:00:01"
ANSWER = b"the answer!"
rows = []


def octets(frame):
    return frame if isinstance(frame, bytes) else bytes(frame)


def row(name, frame, result, answer=None):
    data = octets(frame)
    reply = b"" if answer is None else octets(answer).ljust(60, b"\0")
    rows.append((name, data.hex(), result, reply.hex()))


def bad(name, err, frame):
    row(name, frame, f"-MST_E_{err}")


def patched(frame, offset, octet):
    data = bytearray(octets(frame))
    data[offset] = octet
    return bytes(data)


def ether(dst=HOST, src=PEER, tags=()):
    e = Ether(dst=dst, src=src)
    for tag in tags:
        e = e / tag
    return e


def udp4(payload, tags=(), l2=None, ip=None, udp=None):
    ip = {"src": PEER4, "dst": IP4, "ttl": 1, "id": 7} | (ip or {})
    return (l2 or ether(tags=tags)) / IP(**ip) / UDP(**({"sport": 40000, "dport": 5683} | (udp or {}))) / payload


def udp6(payload, tags=(), l2=None, ip=None, udp=None):
    ip = {"src": PEER6, "dst": IP6, "hlim": 1, "fl": 5, "tc": 3} | (ip or {})
    return (l2 or ether(tags=tags)) / IPv6(**ip) / UDP(**({"sport": 40000, "dport": 5683} | (udp or {}))) / payload


def back4(tags=(), src=IP4, sport=5683):
    return (ether(PEER, HOST, tags) / IP(src=src, dst=PEER4, ttl=64, id=0, flags="DF") /
            UDP(sport=sport, dport=40000) / ANSWER)


def back6(tags=(), src=IP6, dst=PEER6):
    return ether(PEER, HOST, tags) / IPv6(src=src, dst=dst, hlim=64) / UDP(sport=5683, dport=40000) / ANSWER


def datagrams():
    q, ad = Dot1Q(vlan=100, prio=3), Dot1AD(vlan=7)
    for name, tags in (("plain", ()), ("one tag", (q,)), ("two tags", (ad, q)), ("two inner tags", (q, q))):
        row(f"UDP over IPv4, {name}", udp4(b"x" * 30, tags), "MST_NET_UDP", back4(tags))
        row(f"UDP over IPv6, {name}", udp6(b"x" * 30, tags), "MST_NET_UDP", back6(tags))
    for n in (0, 1, 2, 3, 7, 8, 9, 17, 31, 100, 1024):
        row(f"UDP over IPv4, {n} octets", udp4(bytes(i & 255 for i in range(n))), "MST_NET_UDP", back4())
        row(f"UDP over IPv6, {n} octets", udp6(bytes(i & 255 for i in range(n))), "MST_NET_UDP", back6())
    row("padded by Ethernet", octets(udp4(b"ab")).ljust(60, b"\xee"), "MST_NET_UDP", back4())
    row("much padding", octets(udp6(b"ab")).ljust(300, b"\xee"), "MST_NET_UDP", back6())
    row("without checksum over IPv4", udp4(b"abc", udp={"chksum": 0}), "MST_NET_UDP", back4())
    row("second address", udp4(b"abc", ip={"dst": IP4B}), "MST_NET_UDP", back4(src=IP4B))
    row("link-local", udp6(b"abc", ip={"src": PEERLOCAL6, "dst": LOCAL6}), "MST_NET_UDP",
        back6(src=LOCAL6, dst=PEERLOCAL6))
    row("do not fragment", udp4(b"abc", ip={"flags": "DF"}), "MST_NET_UDP", back4())
    # Payload chosen so that the sum is 0xffff, whose complement is sent as 0xffff instead of 0.
    data = octets(udp4(b"\0\0", udp={"chksum": 0}))
    checksum = octets(udp4(b"\0\0"))[40:42]
    row("checksum that computes to zero", data[:40] + b"\xff\xff" + checksum, "MST_NET_UDP", back4())


def ether_errors():
    good = udp4(b"abcdef")
    bad("other station", "ETH_NOT_MINE", udp4(b"a", l2=ether("02:00:00:00:00:03")))
    bad("IPv4 to broadcast", "ETH_NOT_MINE", udp4(b"a", l2=ether(ALL)))
    bad("IPv4 to a multicast MAC", "ETH_NOT_MINE", udp4(b"a", l2=ether("01:00:5e:00:00:01")))
    bad("IPv4 to a solicited-node MAC", "ETH_NOT_MINE", udp4(b"a", l2=ether(GROUPMAC)))
    bad("IPv6 to broadcast", "ETH_NOT_MINE", udp6(b"a", l2=ether(ALL)))
    bad("IPv6 to a solicited-node MAC", "ETH_NOT_MINE", udp6(b"a", l2=ether(GROUPMAC)))
    bad("from a group MAC", "ETH_SOURCE", udp4(b"a", l2=ether(src="03:00:00:00:00:02")))
    bad("from broadcast", "ETH_SOURCE", udp4(b"a", l2=ether(src=ALL)))
    bad("from the host's MAC", "ETH_SOURCE", udp4(b"a", l2=ether(src=HOST)))
    bad("three tags", "ETH_TYPE", udp4(b"a", (Dot1Q(vlan=1), Dot1Q(vlan=2), Dot1Q(vlan=3))))
    bad("LLDP", "ETH_TYPE", Ether(dst=HOST, src=PEER, type=0x88cc) / (b"\0" * 50))
    bad("IEEE 802.3 length", "ETH_TYPE", Ether(dst=HOST, src=PEER, type=40) / (b"\0" * 50))
    bad("empty frame", "FRAME_SHORT", b"")
    bad("13 octets", "FRAME_SHORT", octets(good)[:13])
    bad("cut in a tag", "FRAME_SHORT", octets(udp4(b"a", (Dot1Q(vlan=1),)))[:17])
    bad("cut in the IPv4 header", "FRAME_SHORT", octets(good)[:33])
    bad("cut in the IPv6 header", "FRAME_SHORT", octets(udp6(b"a"))[:53])
    bad("larger than any MTU", "FRAME_LONG", octets(good).ljust(9023, b"\0"))


def ip_errors():
    good4, good6 = udp4(b"abcdef"), udp6(b"abcdef")
    bad("IPv4 header checksum", "IP_CHECKSUM", patched(good4, 22, 2))
    bad("IPv4 version", "IP_HEADER", patched(good4, 14, 0x65))
    bad("IPv4 header length 4", "IP_HEADER", patched(good4, 14, 0x44))
    bad("IPv4 options", "IP_HEADER", udp4(b"a", ip={"options": [IPOption_Router_Alert()]}))
    bad("IPv4 length past the frame", "IP_LENGTH", udp4(b"abc", ip={"len": 32}))
    bad("IPv4 length below the header", "IP_LENGTH", udp4(b"abc", ip={"len": 19}))
    bad("IPv4 frame cut", "IP_LENGTH", octets(good4)[:-1])
    bad("first fragment", "IP_FRAGMENT", udp4(b"abc", ip={"flags": "MF"}))
    bad("later fragment", "IP_FRAGMENT", udp4(b"abc", ip={"frag": 1}))
    bad("last offset", "IP_FRAGMENT", udp4(b"abc", ip={"frag": 0x1fff}))
    bad("IPv4 other host", "IP_NOT_MINE", udp4(b"a", ip={"dst": "192.0.2.2"}))
    bad("IPv4 broadcast", "IP_NOT_MINE", udp4(b"a", ip={"dst": "255.255.255.255"}))
    bad("all CoAP nodes", "IP_NOT_MINE", udp4(b"a", ip={"dst": "224.0.1.187"}))
    for src in ("0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", IP4, IP4B):
        bad(f"from {src}", "IP_SOURCE", udp4(b"a", ip={"src": src}))
    bad("TCP", "IP_PROTO", ether() / IP(src=PEER4, dst=IP4, proto=6) / (b"\0" * 20))
    bad("IPv6 version", "IP_HEADER", patched(good6, 14, 0x40))
    bad("IPv6 length past the frame", "IP_LENGTH", udp6(b"abc", ip={"plen": 12}))
    bad("IPv6 frame cut", "IP_LENGTH", octets(good6)[:-1])
    bad("IPv6 other host", "IP_NOT_MINE", udp6(b"a", ip={"dst": "2001:db8::2"}))
    bad("IPv6 all CoAP nodes", "IP_NOT_MINE", udp6(b"a", ip={"dst": "ff02::fd"}))
    bad("UDP to a solicited-node address", "IP_NOT_MINE", udp6(b"a", l2=ether(GROUPMAC), ip={"dst": GROUP6}))
    for src in ("::", "::1", "::ffff:192.0.2.9", "ff02::1", IP6, LOCAL6):
        bad(f"from {src}", "IP_SOURCE", udp6(b"a", ip={"src": src}))
    row("from the translation prefix", udp6(b"a", ip={"src": "64:ff9b::192.0.2.9"}), "MST_NET_UDP",
        back6(dst="64:ff9b::192.0.2.9"))
    l3, l4 = IPv6(src=PEER6, dst=IP6), UDP(sport=40000, dport=5683) / b"abc"
    bad("hop-by-hop options", "IP_PROTO", ether() / l3 / IPv6ExtHdrHopByHop() / l4)
    bad("destination options", "IP_PROTO", ether() / l3 / IPv6ExtHdrDestOpt() / l4)
    bad("IPv6 fragment", "IP_FRAGMENT", ether() / l3 / IPv6ExtHdrFragment() / l4)
    bad("no next header", "IP_PROTO", ether() / IPv6(src=PEER6, dst=IP6, nh=59))


def udp_errors():
    for family, udp in ((4, udp4), (6, udp6)):
        bad(f"port without service, IPv{family}", "UDP_PORT", udp(b"abc", udp={"dport": 5684}))
        bad(f"from port 0, IPv{family}", "UDP_PORT", udp(b"abc", udp={"sport": 0}))
        bad(f"length above, IPv{family}", "UDP_LENGTH", udp(b"abc", udp={"len": 12}))
        bad(f"length below, IPv{family}", "UDP_LENGTH", udp(b"abc", udp={"len": 10}))
        bad(f"length 7, IPv{family}", "UDP_LENGTH", udp(b"abc", udp={"len": 7}))
        bad(f"length 0, IPv{family}", "UDP_LENGTH", udp(b"abc", udp={"len": 0}))
        data = octets(udp(b"abc"))
        bad(f"checksum, IPv{family}", "UDP_CHECKSUM", data[:-1] + b"d")
    bad("cut in the UDP header, IPv4", "UDP_LENGTH", ether() / IP(src=PEER4, dst=IP4, proto=17) / (b"\0" * 7))
    bad("cut in the UDP header, IPv6", "UDP_LENGTH", ether() / IPv6(src=PEER6, dst=IP6, nh=17) / (b"\0" * 7))
    bad("nothing behind IPv4", "UDP_LENGTH", ether() / IP(src=PEER4, dst=IP4, proto=17))
    bad("without checksum over IPv6", "UDP_CHECKSUM", udp6(b"abc", udp={"chksum": 0}))


def arp():
    def ask(dst=ALL, tags=(), src=PEER, **fields):
        fields = {"op": 1, "hwsrc": PEER, "psrc": PEER4, "hwdst": "00:00:00:00:00:00", "pdst": IP4} | fields
        return ether(dst, src, tags) / ARP(**fields)

    def told(tags=(), psrc=IP4, pdst=PEER4):
        return ether(PEER, HOST, tags) / ARP(op=2, hwsrc=HOST, psrc=psrc, hwdst=PEER, pdst=pdst)

    tags = (Dot1AD(vlan=7), Dot1Q(vlan=100))
    row("ARP", ask(), "MST_NET_REPLY", told())
    row("ARP, padded", octets(ask()).ljust(60, b"\xee"), "MST_NET_REPLY", told())
    row("ARP, to the host", ask(HOST), "MST_NET_REPLY", told())
    row("ARP, two tags", ask(tags=tags), "MST_NET_REPLY", told(tags))
    row("ARP, second address", ask(pdst=IP4B), "MST_NET_REPLY", told(psrc=IP4B))
    row("ARP probe", ask(psrc="0.0.0.0"), "MST_NET_REPLY", told(pdst="0.0.0.0"))
    bad("ARP, other target", "ARP", ask(pdst="192.0.2.2"))
    bad("ARP, from the host's address", "ARP", ask(psrc=IP4))
    bad("ARP reply", "ARP", ask(HOST, op=2))
    bad("ARP, RARP", "ARP", ask(op=3))
    bad("ARP, other hardware", "ARP", ask(hwtype=6))
    bad("ARP, other protocol", "ARP", ask(ptype=0x86dd))
    bad("ARP, hardware size", "ARP", patched(ask(), 18, 7))
    bad("ARP, protocol size", "ARP", patched(ask(), 19, 5))
    bad("ARP, group sender", "ARP", ask(hwsrc="03:00:00:00:00:02"))
    bad("ARP, cut", "FRAME_SHORT", octets(ask())[:41])
    bad("ARP to a multicast MAC", "ETH_NOT_MINE", ask(GROUPMAC))


def echo():
    def ask4(n, **fields):
        fields = {"type": 8, "id": 9, "seq": 3} | fields
        return ether() / IP(src=PEER4, dst=IP4, id=77, tos=4) / ICMP(**fields) / (b"p" * n)

    def ask6(n, ip=None, l2=None):
        ip = {"src": PEER6, "dst": IP6} | (ip or {})
        return (l2 or ether()) / IPv6(**ip) / ICMPv6EchoRequest(id=9, seq=3, data=b"p" * n)

    for n in (0, 1, 56, 1400):
        row(f"echo, {n} octets", ask4(n), "MST_NET_REPLY",
            ether(PEER, HOST) / IP(src=IP4, dst=PEER4, id=0, flags="DF", ttl=64) / ICMP(type=0, id=9, seq=3) / (b"p" * n))
        row(f"echo over IPv6, {n} octets", ask6(n), "MST_NET_REPLY",
            ether(PEER, HOST) / IPv6(src=IP6, dst=PEER6, hlim=64) / ICMPv6EchoReply(id=9, seq=3, data=b"p" * n))
    row("echo, padded", octets(ask4(1)).ljust(60, b"\xee"), "MST_NET_REPLY",
        ether(PEER, HOST) / IP(src=IP4, dst=PEER4, id=0, flags="DF", ttl=64) / ICMP(type=0, id=9, seq=3) / b"p")
    bad("echo reply", "ICMP", ask4(9, type=0))
    bad("echo, code 1", "ICMP", ask4(9, code=1))
    bad("timestamp request", "ICMP", ask4(9, type=13))
    bad("echo, checksum", "ICMP", ask4(9, chksum=1))
    bad("echo, cut", "ICMP", ether() / IP(src=PEER4, dst=IP4, proto=1) / (b"\x08\0\xf7\xff" + b"\0\0\0"))
    bad("echo to broadcast", "IP_NOT_MINE", ether() / IP(src=PEER4, dst="255.255.255.255") / ICMP())
    data = octets(ask6(9))
    bad("echo over IPv6, checksum", "ICMP", data[:-1] + b"q")
    bad("echo over IPv6, cut", "ICMP", ether() / IPv6(src=PEER6, dst=IP6, nh=58) / b"\x80\0\0\0\0\0\0")
    bad("echo reply over IPv6", "ICMP", ether() / IPv6(src=PEER6, dst=IP6) / ICMPv6EchoReply(data=b"x"))
    bad("echo over IPv6 to a group", "IP_NOT_MINE", ask6(9, {"dst": GROUP6}, ether(GROUPMAC)))
    bad("echo over IPv6 from ::", "IP_SOURCE", ask6(9, {"src": "::"}))
    bad("echo over IPv6, code 1", "ICMP", ether() / IPv6(src=PEER6, dst=IP6) / ICMPv6EchoRequest(code=1))
    bad("multicast listener query", "ICMP", ether() / IPv6(src=PEER6, dst=IP6) / ICMPv6Unknown(type=130, msgbody=b"\0" * 20))


def neighbours():
    mac = ICMPv6NDOptSrcLLAddr(lladdr=PEER)

    def ask(options=mac, l2=None, ip=None, target=IP6, **fields):
        ip = {"src": PEER6, "dst": GROUP6, "hlim": 255} | (ip or {})
        frame = (l2 or ether(GROUPMAC)) / IPv6(**ip) / ICMPv6ND_NS(tgt=target, **fields)
        return frame / options if options is not None else frame

    def told(tags=(), dst=PEER6, l2dst=PEER, solicited=1, src=IP6):
        return (ether(l2dst, HOST, tags) / IPv6(src=src, dst=dst, hlim=255) /
                ICMPv6ND_NA(R=0, S=solicited, O=1, tgt=src) / ICMPv6NDOptDstLLAddr(lladdr=HOST))

    tags = (Dot1AD(vlan=7), Dot1Q(vlan=100))
    unicast = {"dst": IP6}
    row("solicitation", ask(), "MST_NET_REPLY", told())
    row("solicitation, two tags", ask(l2=ether(GROUPMAC, tags=tags)), "MST_NET_REPLY", told(tags))
    row("solicitation, unicast", ask(l2=ether(), ip=unicast), "MST_NET_REPLY", told())
    row("solicitation, no option", ask(None, ether(), unicast), "MST_NET_REPLY", told())
    row("solicitation, group to the host's MAC", ask(l2=ether()), "MST_NET_REPLY", told())
    row("solicitation, link-local", ask(target=LOCAL6, ip={"src": PEERLOCAL6}), "MST_NET_REPLY",
        told(src=LOCAL6, dst=PEERLOCAL6))
    row("solicitation, unknown option", ask(Raw(b"\xc8\x02" + b"\0" * 14) / mac), "MST_NET_REPLY", told())
    row("duplicate address detection", ask(None, ip={"src": "::"}), "MST_NET_REPLY",
        told(dst="ff02::1", l2dst="33:33:00:00:00:01", solicited=0))
    bad("solicitation, hop limit", "ICMP", ask(ip={"hlim": 254}))
    bad("solicitation, code", "ICMP", ask(code=1))
    bad("solicitation, checksum", "ICMP", ask(cksum=1))
    bad("solicitation, other target", "IP_NOT_MINE", ask(target="2001:db8::2"))
    bad("solicitation, target of the same group", "IP_NOT_MINE", ask(target="2001:db8:1::1"))
    bad("solicitation, other group", "IP_NOT_MINE",
        ask(l2=ether("33:33:ff:00:00:02"), ip={"dst": "ff02::1:ff00:2"}))
    bad("solicitation, MAC of another group", "ETH_NOT_MINE", ask(l2=ether("33:33:ff:00:00:02")))
    bad("solicitation to broadcast", "ETH_NOT_MINE", ask(l2=ether(ALL)))
    bad("solicitation to all nodes", "IP_NOT_MINE", ask(l2=ether(GROUPMAC), ip={"dst": "ff02::1"}))
    bad("solicitation, option of size 0", "ICMP", ask(Raw(b"\x01\x00" + b"\0" * 6)))
    bad("solicitation, option too long", "ICMP", ask(Raw(b"\x01\x02" + b"\0" * 6)))
    bad("solicitation, option cut", "ICMP", ask(Raw(b"\x01")))
    bad("solicitation, address of 16 octets", "ICMP", ask(Raw(b"\x01\x02" + b"\0" * 14)))
    bad("solicitation, group address", "ICMP", ask(ICMPv6NDOptSrcLLAddr(lladdr="03:00:00:00:00:02")))
    bad("solicitation, from the host", "IP_SOURCE", ask(ip={"src": IP6}))
    bad("detection with an address", "ICMP", ask(ip={"src": "::"}))
    bad("detection, unicast", "ICMP", ask(None, ether(), {"src": "::", "dst": IP6}))
    short = ether(GROUPMAC) / IPv6(src=PEER6, dst=GROUP6, hlim=255) / ICMPv6Unknown(type=135, msgbody=b"\0" * 15)
    bad("solicitation, cut", "ICMP", short)
    bad("router solicitation", "ICMP",
        ether() / IPv6(src=PEER6, dst=IP6, hlim=255) / ICMPv6Unknown(type=133, msgbody=b"\0" * 4))
    bad("advertisement", "ICMP", ether() / IPv6(src=PEER6, dst=IP6, hlim=255) / ICMPv6ND_NA(tgt=PEER6))


def main():
    for part in (datagrams, ether_errors, ip_errors, udp_errors, arp, echo, neighbours):
        part()
    print("/* SPDX-License-Identifier: BSD-3-Clause */")
    print("/* Made by make_vectors.py with scapy. {name, size, frame, result, answer} */")
    print("/* clang-format off */")
    for name, frame, result, answer in rows:
        size = len(frame) // 2
        if size > 2000:  # zeros at its end, which the test adds
            frame = frame.rstrip("0")
            frame += "0" * (len(frame) % 2)
        print(f'{{"{name}", {size},\n\t"{frame}",\n\t{result},\n\t"{answer}"}},')
    print("/* clang-format on */")


main()
