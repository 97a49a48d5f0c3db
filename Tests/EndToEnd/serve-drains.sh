#!/usr/bin/env bash
# SIGTERM finishes what is running and ends with status 0; readiness goes first; a port in use is a clear error.
set -euo pipefail
source "$ROOT/Tests/EndToEnd/lib/serve.sh"
start_service --drain-grace 0.5
wait_until_ready

if "$PERSRM" serve --port "$PORT" >taken.log 2>&1; then exit 1; fi
grep --quiet --ignore-case 'cannot listen on 127.0.0.1:'"$PORT" taken.log

body='{"query":"q","exemplars":["One. Two."],"response_a":"Three.","response_b":"Four, five and six.","min_tokens":200,"max_tokens":200}'
printf '%s' "$body" | post /score >status.txt &
client=$!
# Until the engine has it.
for attempt in $(seq 1 100); do
  curl --silent "$URL/metrics" | grep --quiet '^persrm_requests_running 1' && break
  sleep 0.05
done
kill -TERM "$PID"
for attempt in $(seq 1 20); do
  ready=$(curl --silent --output /dev/null --write-out '%{http_code}' "$URL/readyz" || true)
  [[ "$ready" != 200 ]] && break
  sleep 0.05
done
[[ "$ready" == 503 || "$ready" == 000 ]]
wait "$client"
[[ $(cat status.txt) == 200 ]]
[[ $(reply 'r["well_formed"], r["usage"]["completion_tokens"]') == '(True, 200)' ]]
status=0
wait "$PID" || status=$?
[[ "$status" == 0 ]]
grep --quiet '"msg":"stopped"' serve.log
