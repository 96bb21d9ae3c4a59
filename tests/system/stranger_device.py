# SPDX-License-Identifier: BSD-3-Clause
"""A device written from docs/protocol.md and the specifications that it names, with nothing of muster's in it.

Section numbers without a document are those of docs/protocol.md. Cryptography is that of python3-cryptography.
"""

import base64
import hashlib
import hmac
import os
import random
import select
import socket
import struct
import time

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CON, NON, ACK, RST = range(4)
GET, POST, PUT, DELETE, FETCH = 1, 2, 3, 4, 5
CREATED, DELETED, CHANGED, CONTENT = 0x41, 0x42, 0x44, 0x45
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT = 0x80, 0x81, 0x83, 0x84, 0x89
OBSERVE, LOCATION_PATH, OSCORE, URI_PATH, CONTENT_FORMAT, MAX_AGE, ECHO = 6, 8, 9, 11, 12, 14, 252
UB_FORMAT, GROUP_FORMAT = 60, 261
IMSI, IMPI, RAND, AUTN, COOKIE, PROOF, AUTS, BTID, LIFETIME, CLIENT_ID, SERVER_ID, BSF, REALM, UA, PAD = range(1, 16)
NUM_KEY = 9
IMEI_KEY, STORE_KEY = -65537, -65538


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def number(value):
    """A CoAP uint: no leading zero octets."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


# --- USIM: TS 35.206, TS 33.102 section 6.3 and Annex C.2 ---


class MacFailure(Exception):
    pass


class SynchronisationFailure(Exception):
    def __init__(self, auts):
        super().__init__()
        self.auts = auts


class Milenage:
    def __init__(self, k, opc):
        self.cipher, self.opc = Cipher(algorithms.AES(k), modes.ECB()), opc

    def encrypt(self, block):
        return self.cipher.encryptor().update(block)

    def out(self, temp, rotation, constant):
        block = xor(temp, self.opc)
        block = block[rotation:] + block[:rotation]
        return xor(self.encrypt(xor(block, bytes(15) + bytes([constant]))), self.opc)

    def f1(self, rand, sqn, amf):
        """MAC-A, MAC-S."""
        temp = self.encrypt(xor(rand, self.opc))
        block = xor((sqn + amf) * 2, self.opc)
        block = block[8:] + block[:8]
        mac = xor(self.encrypt(xor(temp, block)), self.opc)
        return mac[:8], mac[8:]

    def f2345(self, rand):
        """RES, CK, IK, AK, AK*."""
        temp = self.encrypt(xor(rand, self.opc))
        out2, ck, ik, out5 = (self.out(temp, r, c) for r, c in ((0, 1), (4, 2), (8, 4), (12, 8)))
        return out2[8:], ck, ik, out2[:6], out5[:6]


class Usim:
    AHEAD_MAX = 1 << 28

    def __init__(self, k, opc, gba_u):
        self.functions, self.gba_u = Milenage(k, opc), gba_u
        self.seq = [0] * 32  # the highest that was accepted, of each IND

    def answer(self, rand, autn):
        """RES, CK, IK of a challenge."""
        res, ck, ik, ak, ak_star = self.functions.f2345(rand)
        sqn, amf, mac = xor(autn[:6], ak), autn[6:8], autn[8:]
        want = self.functions.f1(rand, sqn, amf)[0]
        if self.gba_u:
            want = xor(want, hashlib.sha1(ik).digest()[:8])
        if mac != want:
            raise MacFailure
        seq, ind = int.from_bytes(sqn, "big") >> 5, sqn[5] & 31
        if not self.seq[ind] < seq <= max(self.seq) + self.AHEAD_MAX:
            highest = max(self.seq)
            sqn_ms = (highest << 5 | self.seq.index(highest)).to_bytes(6, "big")
            raise SynchronisationFailure(xor(sqn_ms, ak_star) + self.functions.f1(rand, sqn_ms, bytes(2))[1])
        self.seq[ind] = seq
        return res, ck, ik


# --- Keys: section 3 ---


def kdf(key, fc, *parameters):
    text = bytes([fc]) + b"".join(p + struct.pack("!H", len(p)) for p in parameters)
    return hmac.digest(key, text, "sha256")


class Session:
    """An OSCORE context (RFC 8613 sections 3, 5)."""

    def __init__(self, secret, rand, client_id, server_id):
        self.rand, self.client_id, self.server_id = rand, client_id, server_id
        self.secret = secret
        self.sender_key = self.derive(client_id, "Key", 16)
        self.recipient_key = self.derive(server_id, "Key", 16)
        self.common_iv = self.derive(b"", "IV", 13)
        self.piv = 0
        self.heard = set()

    def derive(self, identifier, kind, size):
        info = cbor2.dumps([identifier, self.rand, 10, kind, size])
        return HKDF(hashes.SHA256(), size, b"", info).derive(self.secret)

    def nonce(self, identifier, piv):
        return xor(bytes([len(identifier)]) + identifier.rjust(7, b"\0") + piv.rjust(5, b"\0"), self.common_iv)

    @staticmethod
    def aad(kid, piv):
        return cbor2.dumps(["Encrypt0", b"", cbor2.dumps([1, [10], kid, piv, b""])])

    def seal(self, plaintext, with_context):
        """The OSCORE option's value, ciphertext, Partial IV."""
        piv = number(self.piv) or b"\0"
        self.piv += 1
        context = bytes([len(self.rand)]) + self.rand if with_context else b""
        option = bytes([len(piv) | 8 | (16 if with_context else 0)]) + piv + context + self.client_id
        data = AESCCM(self.sender_key, 8).encrypt(
            self.nonce(self.client_id, piv), plaintext, self.aad(self.client_id, piv))
        return option, data, piv

    def open(self, option, data, request_piv):
        """Plaintext and Partial IV of a message of the gateway's (section 5.3)."""
        size = option[0] & 7
        assert size > 0 and not option[0] & 0xF8 and len(option) == 1 + size, option.hex()
        piv = option[1:]
        assert size == 5 or piv[0] != 0 or size == 1
        plain = AESCCM(self.recipient_key, 8).decrypt(
            self.nonce(self.server_id, piv), data, self.aad(self.client_id, request_piv))
        assert piv not in self.heard, f"Partial IV {piv.hex()} came again"
        self.heard.add(piv)
        return plain, int.from_bytes(piv, "big")


# --- CoAP: RFC 7252 section 3 ---


class Message:
    def __init__(self, kind=CON, code=0, mid=0, token=b"", options=(), payload=b""):
        self.kind, self.code, self.mid, self.token = kind, code, mid, token
        self.options, self.payload = list(options), payload

    def get(self, option):
        return next((v for n, v in self.options if n == option), None)

    def all(self, option):
        return [v for n, v in self.options if n == option]

    @staticmethod
    def part(n):
        if n < 13:
            return n, b""
        return (13, bytes([n - 13])) if n < 269 else (14, struct.pack("!H", n - 269))

    def body(self):
        out, last = b"", 0
        for n, value in sorted(self.options, key=lambda o: o[0]):
            (delta, delta_more), (size, size_more) = self.part(n - last), self.part(len(value))
            out += bytes([delta << 4 | size]) + delta_more + size_more + value
            last = n
        return out + (b"\xff" + self.payload if self.payload else b"")

    def encode(self):
        return bytes([0x40 | self.kind << 4 | len(self.token), self.code]) + struct.pack("!H", self.mid) \
            + self.token + self.body()

    def read_body(self, data):
        at, n = 0, 0
        while at < len(data) and data[at] != 0xFF:
            delta, size = data[at] >> 4, data[at] & 15
            at += 1
            parts = []
            for x in (delta, size):
                if x == 13:
                    x, at = data[at] + 13, at + 1
                elif x == 14:
                    x, at = int.from_bytes(data[at:at + 2], "big") + 269, at + 2
                parts.append(x)
            n += parts[0]
            self.options.append((n, data[at:at + parts[1]]))
            at += parts[1]
        self.payload = data[at + 1:]
        return self

    @classmethod
    def decode(cls, data):
        assert data[0] >> 6 == 1
        size = data[0] & 15
        message = cls(data[0] >> 4 & 3, data[1], int.from_bytes(data[2:4], "big"), data[4:4 + size])
        return message.read_body(data[4 + size:])


class Answer:
    """An answer as the application sees it."""

    def __init__(self, message, observed=False, sequence=0):
        self.code, self.observed, self.sequence = message.code, observed, sequence
        self.location = [v.decode() for v in message.all(LOCATION_PATH)]
        self.max_age, self.echo = message.get(MAX_AGE), message.get(ECHO)
        self.value = cbor2.loads(message.payload) if message.payload else None

    @property
    def error_id(self):
        return self.value[0][0] if self.code >= 0x80 and self.value else None

    def __repr__(self):
        return f"{self.code >> 5}.{self.code & 31:02} {self.value} {self.location}"


class Device:
    """One device: SIM, ME or UICC storage, one session, one UDP endpoint."""

    def __init__(self, gateway, row, imei):
        self.imsi, self.imei = row["imsi"], imei
        self.gba_u = row["gba"] == "gba_u"
        self.usim = Usim(bytes.fromhex(row["k"]), bytes.fromhex(row["opc"]), self.gba_u)
        mnc = int(row["mnc_length"])
        self.impi = "{}@ims.mnc{:0>3}.mcc{}.3gppnetwork.org".format(
            self.imsi, self.imsi[3:3 + mnc], self.imsi[:3])
        family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.connect((gateway, 5683))
        self.mid = random.randrange(1 << 16)
        self.session = None
        self.unconfirmed = False  # the next request carries RAND (section 5.2)
        self.naf = None           # NAF_Id, from the hints
        self.waiting = {}         # token: Partial IV of a request that an answer may still come to
        self.arrived = {}         # token: answers
        self.keys = {}            # G-ID: (number, Kg)
        self.resynchronised = 0
        self.echoes = 0

    # Exchange of messages.

    def take(self, timeout):
        """One datagram, if any comes in time. Returns a message that answers no request of now, or None."""
        if not select.select([self.socket], [], [], timeout)[0]:
            return None
        message = Message.decode(self.socket.recv(2048))
        if message.kind == CON:
            known = message.token in self.waiting
            self.socket.send(Message(ACK if known else RST, mid=message.mid).encode())
        if message.code != 0 and message.token in self.waiting and message.get(OSCORE) is not None:
            self.keep(message)
        return message

    def keep(self, message):
        try:
            answer = self.unprotect(message, self.waiting[message.token])
        except InvalidTag:
            raise AssertionError("the gateway's tag is wrong") from None
        self.arrived.setdefault(message.token, []).append(answer)

    def exchange(self, message):
        """Sends a request as section 8 has it; the acknowledgement or response that comes."""
        timeout = 2 * random.uniform(1, 1.5)
        for _ in range(5):
            self.socket.send(message.encode())
            end = time.monotonic() + timeout
            while (left := end - time.monotonic()) > 0:
                answer = self.take(left)
                if answer is not None and answer.kind in (ACK, RST) and answer.mid == message.mid:
                    return answer
            timeout *= 2
        raise AssertionError("no answer")

    def message(self, code, options, payload, token=None):
        self.mid = (self.mid + 1) & 0xFFFF
        return Message(CON, code, self.mid, token or os.urandom(4), options, payload)

    @staticmethod
    def path(text):
        return [(URI_PATH, s.encode()) for s in text.split("/")]

    def plain(self, code, path, value=None):
        options = self.path(path)
        payload = b""
        if value is not None:
            payload = cbor2.dumps(value, canonical=True)
            options.append((CONTENT_FORMAT, number(UB_FORMAT)))
        return self.exchange(self.message(code, options, payload))

    # Bootstrapping: section 4.

    def read_hints(self, m):
        if REALM in m:
            head, _, fqdn = m[REALM].partition("@")
            assert head == "3GPP-bootstrapping"
            self.naf = fqdn.encode() + m[UA]

    def negotiate(self, code, path, express=False):
        value = {IMSI: self.imsi} if express else {}
        value[PAD] = bytes(24)
        answer = self.plain(code, path, value)
        assert answer.code == UNAUTHORIZED, answer.code
        m = cbor2.loads(answer.payload)
        self.read_hints(m)
        return m

    def answer_challenge(self, m):
        """RES, Ks, CK and IK to a challenge, after resynchronisation where the USIM asks for that."""
        for _ in range(3):
            cookie = m.get(COOKIE, m[RAND])
            try:
                res, ck, ik = self.usim.answer(m[RAND], m[AUTN])
                return m[RAND], cookie, res, ck + ik
            except SynchronisationFailure as failure:
                self.resynchronised += 1
                answer = self.plain(POST, "bsf", {COOKIE: cookie, AUTS: failure.auts})
                assert answer.code == UNAUTHORIZED and answer.payload, "resynchronisation refused"
                m = cbor2.loads(answer.payload)
        raise AssertionError("no end of resynchronisation")

    def begin_session(self, rand, ks):
        """Master Secret: Ks_int_NAF where the UICC knows GBA_U, otherwise Ks_NAF."""
        label = b"gba-u" if self.gba_u else b"gba-me"
        secret = kdf(ks, 0x01, label, rand, self.impi.encode(), self.naf)
        self.session = Session(secret, rand, rand[:7], b"G")
        self.waiting.clear()

    def bootstrap(self, by_impi=False):
        """Standard flow, from the challenge to the verified BSF proof. Returns the B-TID."""
        answer = self.plain(POST, "bsf", {IMPI: self.impi} if by_impi else {IMSI: self.imsi})
        assert answer.code == UNAUTHORIZED, answer.code
        rand, cookie, res, ks = self.answer_challenge(cbor2.loads(answer.payload))
        proof = kdf(ks, 0xF0, b"ub-ue", res, cookie, self.imsi.encode())[:16]
        answer = self.plain(POST, "bsf", {COOKIE: cookie, PROOF: proof})
        assert answer.code == CHANGED, f"{answer.code:#x}"
        m = cbor2.loads(answer.payload)
        want = kdf(ks, 0xF0, b"ub-bsf", proof, struct.pack("!I", m[LIFETIME]), m[CLIENT_ID], m[SERVER_ID],
                   m[BTID].encode())[:16]
        assert m[PROOF] == want, "the BSF's proof is wrong"
        assert m[CLIENT_ID] == rand[:7] and m[SERVER_ID] == b"G"
        assert m[BTID].partition("@")[0] == base64.b64encode(rand).decode()
        self.begin_session(rand, ks)
        self.unconfirmed = False
        return m[BTID]

    def bootstrap_from_nothing(self, path):
        self.negotiate(POST, path)
        return self.bootstrap()

    def express(self, code, path):
        """The first message of the express flow; request() does the second."""
        rand, _, _, ks = self.answer_challenge(self.negotiate(code, path, express=True))
        self.begin_session(rand, ks)
        self.unconfirmed = True

    # Protected requests: section 5.

    def protect(self, code, path, value, observe, echo=None):
        options = self.path(path)
        payload = b""
        if value is not None:
            payload = cbor2.dumps(value, canonical=True)
            options.append((CONTENT_FORMAT, number(GROUP_FORMAT)))
        outer = []
        if observe is not None:
            options.append((OBSERVE, number(observe)))
            outer.append((OBSERVE, number(observe)))
        if echo is not None:
            options.append((ECHO, echo))
        inner = bytes([code]) + Message(options=options, payload=payload).body()
        option, data, piv = self.session.seal(inner, self.unconfirmed)
        outer.append((OSCORE, option))
        return self.message(FETCH if observe is not None else POST, outer, data), piv

    def unprotect(self, message, request_piv):
        plain, sequence = self.session.open(message.get(OSCORE), message.payload, request_piv)
        inner = Message(code=plain[0]).read_body(plain[1:])
        observed = inner.get(OBSERVE) is not None
        assert observed == (message.get(OBSERVE) is not None)
        assert message.code == (CONTENT if observed else CHANGED) or not observed
        return Answer(inner, observed, sequence)

    def request(self, code, path, value=None, observe=None):
        """The answer; None when it was acknowledged without one (section 5.7). An unprotected error is its code.

        .token is that of the request, for later().
        """
        echo = None
        for _ in range(2):
            message, piv = self.protect(code, path, value, observe, echo)
            self.token, self.sent = message.token, (message, piv)
            self.waiting[message.token] = piv
            answer = self.exchange(message)
            assert answer.kind == ACK
            if answer.code == 0:
                return None
            if answer.get(OSCORE) is None:
                return answer.code
            self.unconfirmed = False
            result = self.arrived[message.token].pop()
            if result.code == UNAUTHORIZED and result.echo is not None:  # section 5.8
                echo = result.echo
                self.echoes += 1
                continue
            if not result.observed:
                del self.waiting[message.token]
            return result
        raise AssertionError("Echo again after Echo")

    def again(self, sent):
        """An earlier .sent once more, the same octets."""
        message, piv = sent
        self.waiting[message.token] = piv
        answer = self.exchange(message)
        return answer.code if answer.get(OSCORE) is None else self.arrived[message.token].pop()

    def later(self, token, timeout=10):
        """What comes to an earlier request: a separate response or a notification."""
        end = time.monotonic() + timeout
        while not self.arrived.get(token):
            left = end - time.monotonic()
            assert left > 0, "nothing came"
            self.take(left)
        return self.arrived[token].pop(0)

    # Groups: section 6.

    def identity(self):
        return {IMEI_KEY: self.imei, STORE_KEY: 1 if self.gba_u else 0}

    def store_key(self, gid, answer):
        m = answer.value
        assert m[7] == -65537 and m[10] == -65537 and len(m[8]) == 16 and m[12] > 0 and m[16][1] > 0, m
        assert abs(m[11] - m[12] - time.time()) < 60
        self.keys[gid] = m[NUM_KEY], m[8]
        return answer

    def entered(self, answer):
        assert answer.location[0] == "ace-group" and answer.location[2:] == ["nodes", self.imsi], answer
        return self.store_key(answer.location[1], answer)

    def create(self, policies=None):
        value = self.identity()
        if policies is not None:
            value[16] = policies
        answer = self.entered(self.request(POST, "manage", value))
        assert answer.code == CREATED, answer
        return answer.location[1]

    def join(self, gid):
        """The answer; None where somebody decides."""
        answer = self.request(POST, f"ace-group/{gid}", self.identity())
        return self.entered(answer) if isinstance(answer, Answer) and answer.code < 0x80 else answer
