/* SPDX-License-Identifier: BSD-3-Clause */
/* MST_ERR(name, class, CoAP code or 0 for a silent drop, text). Included many times by err.[ch]. */
/* clang-format off */
MST_ERR(OK,               NONE,     0, "success")

/* Frames and packets: dropped and counted. */
MST_ERR(FRAME_SHORT,      PEER,     0, "frame ends inside a header")
MST_ERR(FRAME_LONG,       PEER,     0, "frame is larger than the port's MTU")
MST_ERR(ETH_NOT_MINE,     PEER,     0, "Ethernet destination is another station")
MST_ERR(ETH_SOURCE,       PEER,     0, "Ethernet source is a group address or this station's own")
MST_ERR(ETH_TYPE,         PEER,     0, "EtherType is neither IPv4, IPv6 nor ARP")
MST_ERR(ARP,              PEER,     0, "ARP packet is malformed or not a request for this address")
MST_ERR(IP_HEADER,        PEER,     0, "IP header is malformed")
MST_ERR(IP_CHECKSUM,      PEER,     0, "IPv4 header checksum is wrong")
MST_ERR(IP_LENGTH,        PEER,     0, "IP length disagrees with the frame")
MST_ERR(IP_FRAGMENT,      PEER,     0, "IP fragments are not accepted")
MST_ERR(IP_NOT_MINE,      PEER,     0, "IP destination is another host")
MST_ERR(IP_SOURCE,        PEER,     0, "IP source is a multicast, unspecified or own address")
MST_ERR(IP_PROTO,         PEER,     0, "IP protocol is neither UDP nor ICMP")
MST_ERR(ICMP,             PEER,     0, "ICMP message is malformed or not answered")
MST_ERR(UDP_LENGTH,       PEER,     0, "UDP length disagrees with the IP packet")
MST_ERR(UDP_CHECKSUM,     PEER,     0, "UDP checksum is wrong or missing over IPv6")
MST_ERR(UDP_PORT,         PEER,     0, "UDP port has no service")

/* CoAP (RFC 7252). */
MST_ERR(COAP_HEADER,      PEER,     0, "CoAP header is malformed")
MST_ERR(COAP_OPTION,      PEER,     0, "CoAP options are malformed")
MST_ERR(COAP_TYPE,        PEER,     0, "CoAP message type does not fit its code")
MST_ERR(COAP_CRITICAL,    PEER,     MST_COAP_CODE(4, 2), "unknown critical option")
MST_ERR(COAP_PATH,        PEER,     MST_COAP_CODE(4, 4), "no such resource")
MST_ERR(COAP_METHOD,      PEER,     MST_COAP_CODE(4, 5), "method not allowed on this resource")
MST_ERR(COAP_ACCEPT,      PEER,     MST_COAP_CODE(4, 6), "requested content format is not offered")
MST_ERR(COAP_TOO_LARGE,   PEER,     MST_COAP_CODE(4, 13), "request is larger than this resource takes")
MST_ERR(COAP_FORMAT,      PEER,     MST_COAP_CODE(4, 15), "content format is missing or not supported")
MST_ERR(COAP_AMPLIFY,     PEER,     0, "request is too small for its answer; pad it")
MST_ERR(COAP_RESPONSE,    PEER,     0, "a response that nobody asked for")

/* CBOR (RFC 8949, deterministic encoding). */
MST_ERR(CBOR_MALFORMED,   PEER,     MST_COAP_CODE(4, 0), "CBOR is malformed or truncated")
MST_ERR(CBOR_ENCODING,    PEER,     MST_COAP_CODE(4, 0), "CBOR is not in deterministic encoding")
MST_ERR(CBOR_TYPE,        PEER,     MST_COAP_CODE(4, 0), "CBOR item has the wrong type")
MST_ERR(CBOR_RANGE,       PEER,     MST_COAP_CODE(4, 0), "CBOR value or length is out of range")
MST_ERR(CBOR_MISSING,     PEER,     MST_COAP_CODE(4, 0), "a mandatory parameter is missing")
MST_ERR(CBOR_DEPTH,       PEER,     MST_COAP_CODE(4, 0), "CBOR is nested too deeply")

/* Ub: bootstrapping. */
MST_ERR(IDENTITY,         PEER,     MST_COAP_CODE(4, 0), "IMSI or IMPI is malformed or of another realm")
MST_ERR(COOKIE_FORGED,    PEER,     MST_COAP_CODE(4, 1), "cookie was not issued by this site")
MST_ERR(COOKIE_EXPIRED,   PEER,     MST_COAP_CODE(4, 1), "cookie is too old")
MST_ERR(PROOF_WRONG,      PEER,     MST_COAP_CODE(4, 1), "proof of the SIM is wrong")
MST_ERR(AUTS_FORGED,      PEER,     MST_COAP_CODE(4, 1), "AUTS is wrong")
MST_ERR(SUBSCRIBER_BARRED, POLICY,  MST_COAP_CODE(4, 1), "subscriber is barred")
MST_ERR(KID_COLLISION,    RESOURCE, MST_COAP_CODE(5, 3), "another session has this key identifier; bootstrap again")

/* Ua: OSCORE (RFC 8613). Unknown kid, wrong tag and replay look alike from outside. */
MST_ERR(OSCORE_OPTION,    PEER,     MST_COAP_CODE(4, 2), "OSCORE option is malformed")
MST_ERR(OSCORE_KID,       PEER,     MST_COAP_CODE(4, 1), "no session for this kid")
MST_ERR(OSCORE_TAG,       PEER,     MST_COAP_CODE(4, 1), "OSCORE message does not authenticate")
MST_ERR(OSCORE_REPLAY,    PEER,     MST_COAP_CODE(4, 1), "OSCORE message is a replay")
MST_ERR(OSCORE_INNER,     PEER,     MST_COAP_CODE(4, 0), "decrypted CoAP message is malformed")
MST_ERR(SESSION_EXPIRED,  POLICY,   MST_COAP_CODE(4, 1), "session key has expired; bootstrap again")
MST_ERR(SESSION_SPENT,    RESOURCE, MST_COAP_CODE(4, 1), "session has used up its sequence numbers; bootstrap again")
MST_ERR(NAF_NOT_AUTHORISED, POLICY, MST_COAP_CODE(4, 1), "this NAF may not have keys of this subscriber")

/* Groups (RFC 9594). */
MST_ERR(GROUP_UNKNOWN,    PEER,     MST_COAP_CODE(4, 4), "no such group")
MST_ERR(GROUP_REQUEST,    PEER,     MST_COAP_CODE(4, 0), "group request is malformed")
MST_ERR(GROUP_STORAGE,    PEER,     MST_COAP_CODE(4, 0), "place of storage does not fit the subscriber's GBA type")
MST_ERR(GROUP_DENIED,     POLICY,   MST_COAP_CODE(4, 3), "group does not admit this device")
MST_ERR(GROUP_FULL,       RESOURCE, MST_COAP_CODE(5, 3), "group has its full number of members")
MST_ERR(NOT_MEMBER,       PEER,     MST_COAP_CODE(4, 3), "only members may do this")
MST_ERR(REPEAT_STALE,     PEER,     MST_COAP_CODE(4, 1), "a repeated request whose result no longer stands")
MST_ERR(NODE_OF_OTHER,    PEER,     MST_COAP_CODE(4, 3), "node name belongs to another member")
MST_ERR(NODE_UNKNOWN,     PEER,     MST_COAP_CODE(4, 4), "no such member of the group")
MST_ERR(NOT_OWNER,        POLICY,   MST_COAP_CODE(4, 3), "only owners of the group may do this")
MST_ERR(EVICTED,          POLICY,   MST_COAP_CODE(4, 3), "device was evicted from the group")
MST_ERR(GROUP_DISSOLVED,  PEER,     MST_COAP_CODE(4, 4), "group was dissolved")
MST_ERR(KEY_NUMBER,       PEER,     MST_COAP_CODE(4, 9), "number of the group key is not the present one")
MST_ERR(OWNER_LIMIT,      POLICY,   MST_COAP_CODE(4, 3), "group has its full number of owners")
MST_ERR(OWNER_STAYS,      POLICY,   MST_COAP_CODE(4, 3), "the principal owner cannot be evicted")
MST_ERR(DECISION_LATE,    POLICY,   MST_COAP_CODE(5, 4), "nobody decided on the join in time")
MST_ERR(QUEUE_FULL,       RESOURCE, MST_COAP_CODE(5, 3), "list of candidates is full")
MST_ERR(BUSY,             RESOURCE, MST_COAP_CODE(5, 3), "the worker that keeps the group cannot take the request now")
MST_ERR(LIMIT_CREATE,     POLICY,   MST_COAP_CODE(4, 3), "subscriber may not create more groups")
MST_ERR(LIMIT_JOIN,       POLICY,   MST_COAP_CODE(4, 3), "subscriber may not join more groups")

/* Resources. */
MST_ERR(TABLE_FULL,       RESOURCE, MST_COAP_CODE(5, 3), "table is full")
MST_ERR(RANDOM_EMPTY,     RESOURCE, MST_COAP_CODE(5, 3), "random pool is empty")
MST_ERR(RING_FULL,        RESOURCE, 0, "ring to another worker is full")
MST_ERR(SOURCE_BUSY,      RESOURCE, 0, "source's prefix asks for more than limits.prefix_rate")
MST_ERR(TX_FULL,          RESOURCE, 0, "transmit queue is full")
MST_ERR(NO_MEMORY,        RESOURCE, MST_COAP_CODE(5, 3), "out of memory")
MST_ERR(NOT_DURABLE,      RESOURCE, MST_COAP_CODE(5, 3), "a change cannot be made to last at the moment")
MST_ERR(NO_SPACE,         RESOURCE, MST_COAP_CODE(5, 0), "output buffer is too small")

/* Records read back from Redis (docs/durability.md). */
MST_ERR(RECORD_MALFORMED, OURS,     0, "record is malformed")
MST_ERR(RECORD_NEWER,     OURS,     0, "record was written by a newer version of muster")
MST_ERR(RECORD_KEY,       OURS,     0, "record is sealed under a data key that is not at hand")
MST_ERR(RECORD_TAG,       OURS,     0, "record does not authenticate: changed, or of another place")
MST_ERR(RECORD_FOREIGN,   OURS,     0, "record of a subscriber or group that is not here")
MST_ERR(FENCED,           OURS,     0, "another gateway serves the site now")

/* This side. */
MST_ERR(EXISTS,           OURS,     MST_COAP_CODE(5, 0), "already exists")
MST_ERR(NOT_FOUND,        OURS,     MST_COAP_CODE(4, 4), "not found")
MST_ERR(ARGUMENT,         OURS,     MST_COAP_CODE(5, 0), "argument is out of range")
MST_ERR(CONFIG,           OURS,     0, "configuration is wrong")
MST_ERR(FILE,             OURS,     0, "file cannot be read or written")
MST_ERR(CSV,              OURS,     0, "CSV row is wrong")
MST_ERR(UNSUPPORTED,      OURS,     MST_COAP_CODE(5, 1), "not supported on this machine")
MST_ERR(SYSTEM,           OURS,     MST_COAP_CODE(5, 0), "system call failed")
/* clang-format on */
