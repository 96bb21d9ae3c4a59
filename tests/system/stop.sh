#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A gateway ends in good order whatever its peer does at that moment: with a generator under load, and with somebody who
# opens and closes connections to the memif socket without pause. So does a generator that is interrupted.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
need_python socket
begin mktemp
make_subscribers home 20000
gateway_config

# Ends a program by a signal; what else it did is in its log.
ends_well() {
	local name=$1 signal=$2 code=0
	kill "-$signal" "${pid_of[$name]}"
	wait_for 10 gone "${pid_of[$name]}" || fail "$name does not end on SIG$signal"
	wait "${pid_of[$name]}" || code=$?
	unset "pid_of[$name]"
	[ $code = "$3" ] || fail "$name ended with exit code $code on SIG$signal"
}

start_load() {
	"$build/app/muster-load/muster-load" --subscribers "$work/home.csv" --meters 20000 --groups 20 --rate 2000 \
		--port "memif:$memif" --control "$control" --quiet >"$work/load.out" 2>"$work/load.err" &
	pid_of[load]=$!
}

link_is_up() {
	grep -q 'link is up' "$work/gw.err"
}

# While a generator sends; every second time it is killed first, and its end of the link with it.
for round in 1 2 3 4; do
	start_gateway gw
	start_load
	wait_for 20 link_is_up || fail "the generator does not connect"
	sleep 0.$((round * 2))
	if [ $((round % 2)) = 0 ]; then
		kill -KILL "${pid_of[load]}"
		wait "${pid_of[load]}" 2>/dev/null || true
	fi
	[ "$round" -lt 3 ] && signal=TERM || signal=INT
	ends_well gw "$signal" 0
	kill -KILL "${pid_of[load]}" 2>/dev/null || true
	wait "${pid_of[load]}" 2>/dev/null || true
	unset "pid_of[load]"
done

# The generator stops while the gateway goes on.
start_gateway gw
start_load
wait_for 20 link_is_up || fail "the generator does not connect"
sleep 0.3
kill -INT "${pid_of[load]}"
wait_for 10 gone "${pid_of[load]}" || fail "muster-load does not end on SIGINT"
code=0
wait "${pid_of[load]}" || code=$?
unset "pid_of[load]"
[ $code -lt 128 ] || fail "muster-load ended with exit code $code"
ends_well gw TERM 0

# Connections that come and go all the time, also while the gateway cleans up.
"$python" - "$memif" <<'PY' &
import socket, sys, time
end = time.monotonic() + 60
while time.monotonic() < end:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        s.connect(sys.argv[1])
    except OSError:
        time.sleep(0.0002)
    s.close()
PY
pid_of[peer]=$!
for round in 1 2 3 4 5 6; do
	start_gateway gw
	sleep 0.1
	ends_well gw TERM 0
done
echo "11 gateways ended in good order"
