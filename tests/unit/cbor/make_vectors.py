#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes vectors.inc: values encoded by python3-cbor2, each with a text that names the value.

    ./make_vectors.py > vectors.inc

Map keys are put in the order of RFC 8949 section 4.2.1 here; cbor2's canonical mode has the older
length-first order of RFC 7049.
"""

import random

import cbor2

LIMITS = [0, 1, 23, 24, 25, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1]


def ordered(value):
    if isinstance(value, list):
        return [ordered(v) for v in value]
    if isinstance(value, dict):
        return {k: ordered(value[k]) for k in sorted(value, key=cbor2.dumps)}
    return value


def text(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "h'" + value.hex() + "'"
    if isinstance(value, str):
        return "t'" + value.encode().hex() + "'"
    if isinstance(value, list):
        return "[" + " ".join(text(v) for v in value) + "]"
    return "{" + " ".join(f"{k}:{text(v)}" for k, v in value.items()) + "}"


def random_value(rnd, depth):
    kind = rnd.randrange(9 if depth < 4 else 7)
    if kind == 0:
        return rnd.choice([None, False, True])
    if kind in (1, 2):
        return rnd.choice(LIMITS) if rnd.random() < 0.5 else rnd.getrandbits(rnd.randrange(1, 64))
    if kind in (3, 4):
        return -1 - (rnd.choice(LIMITS) if rnd.random() < 0.5 else rnd.getrandbits(rnd.randrange(1, 64)))
    if kind == 5:
        return rnd.randbytes(rnd.randrange(12))
    if kind == 6:
        return "".join(rnd.choice("abcxyz09/\u00fc\u6c34\U00010151") for _ in range(rnd.randrange(8)))
    if kind == 7:
        return [random_value(rnd, depth + 1) for _ in range(rnd.randrange(5))]
    keys = rnd.sample([0, 1, 5, 23, 24, 100, 255, 256, 70000, -1, -24, -25, -256, -65537], rnd.randrange(6))
    return {k: random_value(rnd, depth + 1) for k in keys}


def main():
    rnd = random.Random(8949)
    values = LIMITS + [-1 - v for v in LIMITS]
    values += [b"", b"x" * 23, b"x" * 24, b"x" * 255, b"x" * 256, "", "a" * 24, "\u00fc" * 30, [], {}]
    values += [list(range(23)), list(range(24)), {k: None for k in LIMITS}, {-1 - k: k for k in LIMITS}]
    values += [[[[[[[[1]]]]]]]]
    values += [random_value(rnd, 0) for _ in range(150)]
    seen = set()
    print("/* SPDX-License-Identifier: BSD-3-Clause */")
    print("/* Made by make_vectors.py with python3-cbor2. {encoding, value} */")
    print("/* clang-format off */")
    for value in map(ordered, values):
        data = cbor2.dumps(value).hex()
        if data not in seen:
            seen.add(data)
            print(f'{{"{data}",\n\t"{text(value)}"}},')
    print("/* clang-format on */")


main()
