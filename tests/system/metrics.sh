#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Metrics over TCP and a UNIX socket: two independent parsers read them, they agree with the run, hold no identity, and
# hostile HTTP neither stops nor confuses the gateway. Dashboard and rules name metrics that exist; docs name all.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq curl promtool redis-server
need_python prometheus_client yaml
meters=30 groups=2 port=9464 top=$tests/../..
[ -n "${MUSTER_OWN_NETWORK-}" ] || port=$((20000 + $$ % 20000))
url=http://127.0.0.1:$port/metrics socket=$work/run/metrics.sock

redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work" --save '' >"$work/redis.out" 2>"$work/redis.err" &
pid_of[redis]=$!
wait_for 10 test -S "$work/redis.sock" || fail "redis-server does not start"
(umask 077 && head -c 32 /dev/urandom >"$work/kek")

make_subscribers home $meters
gateway_config "workers: 2" "metrics: {port: $port, socket: $socket}" \
	"redis: {socket: $work/redis.sock, kek: $work/kek}"
start_gateway gw
load --meters $meters --groups $groups --queues 2
holds '.joined == .meters'

get() {
	curl -sS -m 10 "$@"
}
[ "$(stat -c %a "$socket")" = 660 ] || fail "mode of $socket"
get "$url" >"$work/text" || fail "no answer over TCP"
get -H 'Accept: application/openmetrics-text; version=1.0.0' -D "$work/head" --unix-socket "$socket" http://gw/metrics \
	>"$work/open" || fail "no answer over the UNIX socket"
grep -qi '^content-type: application/openmetrics-text; version=1.0.0; charset=utf-8' "$work/head" ||
	fail "type: $(cat "$work/head")"
promtool check metrics <"$work/text" >"$work/promtool.out" 2>&1 || fail "promtool: $(cat "$work/promtool.out")"
"$python" "$tests/metrics.py" "$work/text" "$work/open" "$top" $meters $groups 2 || fail "metrics.py"
promtool check rules "$top/docs/monitoring/alerts.yaml" >"$work/promtool.out" 2>&1 ||
	fail "rules: $(cat "$work/promtool.out")"
promtool test rules "$top/docs/monitoring/alerts_test.yaml" >"$work/promtool.out" 2>&1 ||
	fail "test of rules: $(cat "$work/promtool.out")"
while IFS=, read -r imsi _; do
	! grep -q "$imsi" "$work/text" "$work/open" || fail "an IMSI is among the metrics"
done < <(tail -n +2 "$work/home.csv")

# status CODE OPTION...
status() {
	local wanted=$1 code
	shift
	code=$(get -o /dev/null -w '%{http_code}' "$@") || true
	[ "$code" = "$wanted" ] || fail "curl $*: $code, not $wanted"
}
status 405 -X POST -d x "$url"
status 405 -I "$url"
status 405 -X DELETE "$url"
status 404 "http://127.0.0.1:$port/"
status 404 "http://127.0.0.1:$port/metrics/../../etc/passwd" --path-as-is
code=$(get -o /dev/null -w '%{http_code}' -H "X: $(head -c 20000 /dev/zero | tr '\0' a)" "$url") || true
[[ $code == 4* ]] || fail "20000 octets of header: $code"
"$python" "$tests/metrics.py" hostile "$port" || fail "hostile HTTP"
status 200 "$url"
ctl status >/dev/null || fail "musterctl does not answer beside hostile HTTP"

# A second gateway says what is in its way.
code=0
"$build/app/muster-gw/muster-gw" --config "$config" --set "control.socket=$work/run/other.sock" \
	--set "port.memif.socket=$work/run/memif2.sock" >"$work/other.out" 2>"$work/other.txt" || code=$?
[ $code = 2 ] || fail "port in use: exit code $code"
grep -q "^muster-gw: metrics.port: cannot listen at 127.0.0.1 port $port: " "$work/other.txt" ||
	fail "port in use: $(cat "$work/other.txt")"
stop_gateway gw
[ ! -e "$socket" ] || fail "$socket is left behind"
