# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Shared by the system tests. Each is one program: it passes (exit code 0), fails (1) or is skipped (77, with the reason).
#
#	. "$(dirname "$0")/lib.sh"
#	own_network "$@"                 # a network namespace of its own, where the user may have one
#	begin jq                         # private directory $work; what is named must be installed
#	make_subscribers home 100
#	start_gateway gw                 # $config, written by gateway_config
#	load ...                         # muster-load against it
#	stop_gateway gw
#
# $work has mode 0700 and is removed at the end; every program that was started here is ended by its process id.
# MUSTER_BUILD is the build folder (build/ without it), MUSTER_SANITIZE meson's option b_sanitize. KEEP=1 keeps $work.
set -euo pipefail
export LC_ALL=C

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "${MUSTER_BUILD:-$tests/../../build}" && pwd) || exit 1
# The script that starts the programs may be run as another user; see as_plain_user.
run_as=()
declare -A pid_of=()

skip() {
	echo "skipped: $*"
	exit 77
}

fail() {
	local log
	echo "FAILED: $*" >&2
	for log in "${work:-/nonexistent}"/*.err; do
		[ -s "$log" ] || continue
		echo "-- ${log##*/}" >&2
		tail -n 20 "$log" >&2
	done
	exit 1
}

# Under sanitizers programs are many times slower; their leak check needs ptrace, which a gateway refuses plain users.
sanitized=
if [ "${MUSTER_SANITIZE:-none}" != none ]; then
	sanitized=1
	export ASAN_OPTIONS="${ASAN_OPTIONS-}:quarantine_size_mb=1"
fi
# seconds N: a time limit, longer under sanitizers.
seconds() {
	echo $(($1 * (${sanitized:-0} * 4 + 1)))
}

# Starts the test again in a network namespace of its own. Plain users get one where the kernel lets them have user
# namespaces; otherwise the test goes on without, unless it says 'need_tap'.
own_network() {
	local namespace
	if [ -z "${MUSTER_OWN_NETWORK-}" ]; then
		for namespace in '-n' '-rn'; do
			if unshare "$namespace" true 2>/dev/null; then
				MUSTER_OWN_NETWORK=1 exec unshare "$namespace" -- "$0" "$@"
			fi
		done
		return
	fi
	ip link set lo up
}

# A kernel tap interface can be made, and only this test sees it.
need_tap() {
	[ -n "${MUSTER_OWN_NETWORK-}" ] || skip "needs root, or user namespaces: a tap interface in a network namespace"
	ip tuntap add dev probe0 mode tap 2>/dev/null || skip "no tap interfaces: /dev/net/tun"
	ip link del probe0
}

begin() {
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
	for program in muster-gw muster-load musterctl; do
		[ -x "$build/app/$program/$program" ] || skip "$program is not built"
	done
	work=$(mktemp -d "${TMPDIR:-/tmp}/muster-test.XXXXXX")
	trap clean_up EXIT
	trap 'exit 1' INT TERM HUP
	export XDG_RUNTIME_DIR=$work/run
	mkdir -m 0700 "$XDG_RUNTIME_DIR"
	config=$work/gw.yaml
	control=$work/run/control.sock
	memif=$work/run/memif.sock
	redis=$work/run/redis.sock
}

# Which Python has the modules named; scripts that need none run with the first one.
need_python() {
	for python in python3 /usr/bin/python3; do
		"$python" -c "import sys$(printf ', %s' "$@")" 2>/dev/null && return
	done
	skip "no Python with $*"
}

clean_up() {
	local code=$? name
	for name in "${!pid_of[@]}"; do
		kill -KILL "${pid_of[$name]}" 2>/dev/null || true
		wait "${pid_of[$name]}" 2>/dev/null || true
	done
	if [ -n "${KEEP-}" ]; then
		echo "kept: $work" >&2
	else
		rm -rf "$work"
	fi
	exit "$code"
}

# From here on programs run as nobody, with $work theirs; run_as stays empty where they are a plain user's already, also
# if that user is root in a user namespace.
as_plain_user() {
	if [ "$(id -u)" != 0 ] || [ "$(awk '{ print $3; exit }' /proc/self/uid_map)" = 1 ]; then
		return
	fi
	run_as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	"${run_as[@]}" true 2>/dev/null || skip "cannot become another user"
	"${run_as[@]}" test -x "$build/app/muster-gw/muster-gw" || skip "$build is closed to other users"
	chown -R 65534:65534 "$work"
	[ -z "$sanitized" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
}

# make_subscribers NAME COUNT [OPTION...]: $work/NAME.csv of made-up SIM cards; always the same for one seed.
make_subscribers() {
	local name=$1 count=$2
	shift 2
	"${run_as[@]}" "$build/app/muster-load/muster-load" --make-subscribers "$count" --out "$work/$name.csv" \
		--seed 000102030405060708090a0b0c0d0e0f --quiet "$@" >"$work/make.out" 2>"$work/make.err" ||
		fail "cannot make subscribers"
}

# gateway_config [LINE...]: writes $config: one worker on memif, the subscribers of $work/home.csv. Lines are added
# at the end; a key that they name replaces the one here.
gateway_config() {
	local key
	declare -A base=(
		[workers]="workers: 1"
		[port]="port: {driver: memif, memif: {socket: $memif}}"
		[host]="host: {ipv4: [10.255.255.1], ipv6: ['fd00:10::ffff:ffff']}"
		[naf]="naf: {fqdn: naf.example.com}"
		[bsf]="bsf: {fqdn: bsf.example.com}"
		[hss]="hss: [{name: home, subscribers: $work/home.csv}]"
		[control]="control: {socket: $control}"
	)
	for key in "$@"; do
		unset "base[${key%%:*}]"
	done
	printf '%s\n' "${base[@]}" "$@" >"$config"
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
	local end=$((SECONDS + $(seconds "$1")))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

gateway_ready_or_gone() {
	grep -q '^muster-gw: ready' "$work/$1.out" || ! kill -0 "${pid_of[$1]}" 2>/dev/null
}

# start_gateway NAME [OPTION...]: a gateway with $config; its output is in $work/NAME.out and NAME.err.
start_gateway() {
	local name=$1
	shift
	: >"$work/$name.out"
	"${run_as[@]}" "$build/app/muster-gw/muster-gw" --config "$config" "$@" >"$work/$name.out" 2>"$work/$name.err" &
	pid_of[$name]=$!
	wait_for 20 gateway_ready_or_gone "$name" || fail "gateway $name is not ready in time"
	grep -q '^muster-gw: ready' "$work/$name.out" || fail "gateway $name ended at its start"
}

# stop_gateway NAME: by SIGTERM; it has to end with exit code 0, and in time.
stop_gateway() {
	local name=$1 code=0
	kill -TERM "${pid_of[$name]}"
	wait_for 10 gone "${pid_of[$name]}" || fail "gateway $name does not end on SIGTERM"
	wait "${pid_of[$name]}" || code=$?
	unset "pid_of[$name]"
	[ $code = 0 ] || fail "gateway $name ended with exit code $code"
	[ ! -e "$control" ] || fail "gateway $name left its control socket behind"
}

# A process that has ended is a zombie until it is waited for.
gone() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
	[[ ${stat##*) } == Z* ]]
}

# load [OPTION...]: meters of $work/home.csv, unless options name other files; result in $work/load.json.
load() {
	local files=()
	[[ " $* " == *" --subscribers "* ]] || files=(--subscribers "$work/home.csv")
	timeout "$(seconds 60)" "${run_as[@]}" "$build/app/muster-load/muster-load" "${files[@]}" --port "memif:$memif" \
		--control "$control" --json "$work/load.json" --quiet "$@" >"$work/load.out" 2>"$work/load.err" ||
		fail "muster-load $*: exit code $?"
}

# cli WORD...: asks the Redis at $redis.
cli() {
	redis-cli -s "$redis" "$@"
}

redis_answers() {
	[ "$(cli ping 2>/dev/null)" = PONG ]
}

# start_redis [OPTION...]: a Redis at $redis with its append-only file in $work/redis, also one that is there already.
start_redis() {
	[ -d "$work/redis" ] || mkdir -m 0700 "$work/redis"
	redis-server --port 0 --unixsocket "$redis" --dir "$work/redis" --save '' --appendonly yes "$@" >>"$work/redis.log" 2>&1 &
	pid_of[redis]=$!
	wait_for 10 redis_answers || fail "Redis does not start"
}

# kill_program NAME: by SIGKILL.
kill_program() {
	kill -KILL "${pid_of[$1]}"
	wait "${pid_of[$1]}" 2>/dev/null || true
	unset "pid_of[$1]"
}

# ctl WORD...: musterctl, its output on stdout.
ctl() {
	"${run_as[@]}" "$build/app/musterctl/musterctl" --socket "$control" "$@"
}

# holds FILTER [FILE]: a jq filter that has to be true of the file (load.json).
holds() {
	local file=${2:-$work/load.json}
	if ! jq -e "$1" "$file" >/dev/null; then
		jq . "$file" >&2 || cat "$file" >&2
		fail "${file##*/}: not $1"
	fi
}

stats() {
	ctl --json stats >"$work/stats.json" 2>"$work/stats.err" || fail "musterctl stats"
}

# A gateway on a tap interface: its end is in the data plane, the kernel's end gets addresses of the meters' network.
gateway_mac=02:00:5e:10:00:01
tap_config() {
	gateway_config "port: {driver: tap, tap: {name: gw0}}" \
		"host: {mac: '$gateway_mac', ipv4: [10.255.255.1], ipv6: ['fd00:10::ffff:ffff']}" "$@"
}
tap_up() {
	[ "$(ip -j link show gw0 | jq -r '.[0].address')" != $gateway_mac ] || fail "both ends of the tap have one address"
	ip addr add 10.0.0.1/8 dev gw0
	ip addr add fd00:10::1/64 dev gw0 nodad
	ip link set gw0 up
}
