#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Profiles of drivers-cfg/ that can be tried without a NIC: every one is a good configuration, and meters join through
#   drivers.sh check | af_xdp | virtio_user
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
profiles=$tests/../../drivers-cfg
begin jq

# profile NAME SED...: $config from drivers-cfg/NAME.yaml, with the test's subscribers, addresses and sockets.
profile() {
	local name=$1
	shift
	sed -e "s,/etc/muster/subscribers.csv,$work/home.csv," -e 's,192\.0\.2\.1,10.255.255.1,' \
		-e 's,2001:db8::1,fd00:10::ffff:ffff,' -e "s,/run/muster,$work/run," "$@" "$profiles/$name.yaml" >"$config"
	printf 'control: {socket: %s}\n' "$control" >>"$config"
}

joined() {
	holds '.joined == 200 and .failed == 0 and .kg_mismatch == 0'
	stop_gateway gw
}

case ${1:?check, af_xdp or virtio_user} in
check)
	for file in "$profiles"/*.yaml; do
		"$build/app/muster-gw/muster-gw" --config "$file" --check-config >"$work/check.out" 2>"$work/check.err" ||
			fail "${file##*/}"
		grep -q "^$file: good" "$work/check.out" || fail "${file##*/} is not called good"
	done
	;;
af_xdp)
	[ -n "${MUSTER_OWN_NETWORK-}" ] || skip "needs root: a network namespace"
	# libxdp keeps what it knows of a umem.
	[ -z "$sanitized" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	ip link add near0 type veth peer name far0 2>/dev/null || skip "no veth interfaces"
	echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	ip link set near0 up
	ip link set far0 address $gateway_mac up
	make_subscribers home 200
	profile af_xdp -e 's/^workers: 2 */workers: 1/' -e 's/eth1/far0/'
	"$build/app/muster-gw/muster-gw" --config "$config" >"$work/try.out" 2>"$work/try.err" &
	pid_of[try]=$!
	wait_for 10 gateway_ready_or_gone try || fail "neither ready nor gone"
	grep -q '^muster-gw: ready' "$work/try.out" || skip "no AF_XDP here: $(tail -n 1 "$work/try.err")"
	pid_of[gw]=${pid_of[try]}
	unset 'pid_of[try]'
	load --port af_packet:near0 --meters 200 --groups 3
	joined
	;;
virtio_user)
	command -v dpdk-testpmd >/dev/null || skip "dpdk-testpmd is not installed"
	make_subscribers home 200
	profile virtio_user
	# The switch: vhost-user on one side, memif on the other.
	dpdk-testpmd --no-huge -m 256 --no-pci --no-telemetry --file-prefix="muster-test-$$" --lcores '0@0,1@0' \
		--vdev "net_vhost0,iface=$work/run/vhost.sock,queues=1" \
		--vdev "net_memif0,role=server,socket=$memif,socket-abstract=no,secret=muster/1,bsize=2048,rsize=10" -- \
		--forward-mode=io --auto-start --stats-period 100 --total-num-mbufs=8192 \
		>"$work/switch.out" 2>"$work/switch.err" </dev/null &
	pid_of[switch]=$!
	wait_for 20 test -S "$work/run/vhost.sock" || fail "the switch does not start: $(tail -n 3 "$work/switch.out")"
	start_gateway gw
	load --meters 200 --groups 3 --outstanding 32
	joined
	;;
esac
