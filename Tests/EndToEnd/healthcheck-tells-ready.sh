#!/usr/bin/env bash
# healthcheck ends with 0 and without a word when the service is ready, else with 1 and the reason.
set -euo pipefail
source "$ROOT/Tests/EndToEnd/lib/serve.sh"

status=0
"$PERSRM" healthcheck --url http://127.0.0.1:1 >out 2>err || status=$?
[[ "$status" == 1 && ! -s out ]]
grep --quiet '^persrm healthcheck: http://127.0.0.1:1/readyz: no connection' err

start_service --drain-grace 2
wait_until_ready
"$PERSRM" healthcheck --url "$URL" >out 2>err
[[ ! -s out && ! -s err ]]
PERSRM_PORT=$PORT "$PERSRM" healthcheck

kill -TERM "$PID"
status=0
for attempt in $(seq 1 40); do
  "$PERSRM" healthcheck --url "$URL/" >out 2>err || { status=$?; break; }
  sleep 0.05
done
[[ "$status" == 1 ]]
grep --quiet '/readyz answered 503: ' err

# A peer that never answers costs no more than the time allowed.
python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); time.sleep(60)' >port.txt &
silent=$!
trap 'kill "$silent" 2>/dev/null || true; kill -KILL "$PID" 2>/dev/null || true' EXIT
until [[ -s port.txt ]]; do sleep 0.05; done
status=0
"$PERSRM" healthcheck --timeout 0.3 --url "http://127.0.0.1:$(cat port.txt)" 2>err || status=$?
[[ "$status" == 1 ]]
grep --quiet '/readyz: ' err
status=0
"$PERSRM" healthcheck --url 'ftp://x' 2>err || status=$?
[[ "$status" == 64 ]]
