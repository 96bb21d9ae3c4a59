#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A stranger's CoAP client (libcoap) and the kernel's IP stack against the gateway on a tap interface: address
# resolution, echo, discovery, negotiation, first step of Ub, errors; over IPv4, IPv6 and a VLAN.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
need_tap
begin coap-client-notls jq
need_python cbor2

make_subscribers home 10
tap_config "workers: 1"
start_gateway gw
tap_up

# ask CODE OPTION... URL: a request of libcoap's; the answer has to have that code. Its payload, if binary, is in
# $work/payload, as text in $work/body.
ask() {
	local code=$1
	shift
	coap-client-notls -v 7 -B 5 "$@" >"$work/ask.out" 2>&1 || true
	grep -q "^v:1 t:ACK c:$code " "$work/ask.out" || fail "coap-client $*: not $code: $(cat "$work/ask.out")"
	sed -n "/^v:1 t:ACK/s/.*:: '\(.*\)'$/\1/p" "$work/ask.out" >"$work/body"
	sed -n '/^v:1 t:ACK/,$s/^<<\([0-9a-f]*\)>>$/\1/p' "$work/ask.out" | head -n 1 >"$work/payload"
}
# unanswered OPTION... URL
unanswered() {
	coap-client-notls -v 7 -B 1 "$@" >"$work/ask.out" 2>&1 || true
	! grep -q '^v:1 t:ACK\|^v:1 t:RST' "$work/ask.out" || fail "coap-client $*: answered: $(cat "$work/ask.out")"
}
# carries EXPRESSION: Python, true of `m`, the CBOR in the payload.
carries() {
	"$python" -c "import cbor2, sys
m = cbor2.loads(bytes.fromhex(sys.argv[1]))
sys.exit(not ($1))" "$(cat "$work/payload")" || fail "payload $(cat "$work/payload"): not $1"
}
# cbor EXPRESSION: a file with that in CBOR.
cbor() {
	"$python" -c "import cbor2, sys; sys.stdout.buffer.write(cbor2.dumps($1))" >"$work/request.cbor"
}

for host in 10.255.255.1 '[fd00:10::ffff:ffff]'; do
	gw=coap://$host
	post=(-m post -t 60 -f "$work/request.cbor")

	ask 2.05 "$gw/.well-known/core"
	[ "$(cat "$work/body")" = '</bsf>,</manage>;osc,</ace-group>;osc,</session>;osc' ] || fail "discovery: $(cat "$work/body")"

	# Negotiation: hints; with an identity also the challenge.
	cbor "{15: bytes(20)}"
	for path in manage ace-group/0123456789abcdef ace-group/0123456789abcdef/num session; do
		ask 4.01 "${post[@]}" "$gw/$path"
		carries "m == {12: '/bsf', 13: '3GPP-bootstrapping@naf.example.com', 14: bytes.fromhex('ff00000001')}"
	done
	cbor "{1: '001010000000003', 15: bytes(20)}"
	ask 4.01 "${post[@]}" "$gw/manage"
	carries "m.keys() == {3, 4, 12, 13, 14} and len(m[3]) == 16 and len(m[4]) == 16"

	# Ub, first step; by IMPI, too. Challenges differ.
	cbor "{1: '001010000000003'}"
	ask 4.01 "${post[@]}" "$gw/bsf"
	carries "m.keys() == {3, 4} and len(m[3]) == 16 and len(m[4]) == 16"
	first=$(cat "$work/payload")
	ask 4.01 "${post[@]}" "$gw/bsf"
	[ "$(cat "$work/payload")" != "$first" ] || fail "the same challenge twice"
	cbor "{2: '001010000000003@ims.mnc001.mcc001.3gppnetwork.org'}"
	ask 4.01 "${post[@]}" "$gw/bsf"
	carries "m.keys() == {3, 4}"
	# Somebody unknown is challenged alike.
	cbor "{1: '262019999999999'}"
	ask 4.01 "${post[@]}" "$gw/bsf"
	carries "m.keys() == {3, 4} and len(m[3]) == 16 and len(m[4]) == 16"

	# Second step, wrong: an empty 4.01, also for a right cookie.
	cbor "{5: bytes.fromhex('${first:6:32}'), 6: bytes(16)}"
	ask 4.01 "${post[@]}" "$gw/bsf"
	[ ! -s "$work/payload" ] || fail "a wrong proof is answered with $(cat "$work/payload")"
	cbor "{5: bytes(16), 6: bytes(16)}"
	ask 4.01 "${post[@]}" "$gw/bsf"
	[ ! -s "$work/payload" ] || fail "a forged cookie is answered with $(cat "$work/payload")"

	# Errors of docs/protocol.md section 7.1.
	cbor "{1: '001010000000003'}"
	ask 4.04 "$gw/nothing"
	ask 4.04 "$gw/ace-group/0123456789abcdef/creds"
	ask 4.04 "$gw/ace-group/not-a-group"
	ask 4.05 "$gw/bsf"
	ask 4.05 -m put -t 60 -f "$work/request.cbor" "$gw/bsf"
	ask 4.05 -m delete "$gw/.well-known/core"
	ask 4.06 -m post -t 60 -A 50 -f "$work/request.cbor" "$gw/bsf"
	ask 4.15 -m post -t 50 -f "$work/request.cbor" "$gw/bsf"
	ask 4.02 -O 65001,x "${post[@]}" "$gw/bsf"
	for wrong in "{1: 1010000000003}" "{1: 'nobody'}" "{1: '00101'}" "{}" "[1]" "{2: '001010000000003@example.com'}"; do
		cbor "$wrong"
		ask 4.00 "${post[@]}" "$gw/bsf"
	done
	printf '\xbf\x01\x6f001010000000003\xff' >"$work/request.cbor" # not deterministic
	ask 4.00 "${post[@]}" "$gw/bsf"
	# Too small for its answer: none.
	unanswered -m post "$gw/manage"

	"$python" "$tests/kernel.py" "${host//[][]/}"
done

# The kernel found the gateway by ARP and neighbour discovery.
for host in 10.255.255.1 fd00:10::ffff:ffff; do
	ip neigh show to "$host" dev gw0 | grep -q "lladdr $gateway_mac" || fail "$host is not resolved to $gateway_mac: $(ip neigh)"
done

# With a VLAN tag, where the kernel can add one.
discoveries=2
if ip link add link gw0 name gw0.5 type vlan id 5 2>"$work/vlan.out"; then
	ip link set gw0.5 up
	ip route add 10.255.255.1/32 dev gw0.5 src 10.0.0.1
	ask 2.05 coap://10.255.255.1/.well-known/core
	ip neigh show to 10.255.255.1 dev gw0.5 | grep -q "lladdr $gateway_mac" || fail "not resolved behind a VLAN tag"
	discoveries=3
else
	echo "no VLAN: $(cat "$work/vlan.out")"
fi

stats
holds ".outcomes | .SESSIONS == 0 and .SECURED == 0 and .DISCOVERIES == $discoveries and .UNKNOWN_IDENTITIES == 2" "$work/stats.json"
holds '.drops | .PROOF_WRONG == 2 and .COOKIE_FORGED == 2 and .COAP_AMPLIFY == 2' "$work/stats.json"
stop_gateway gw
