# Starts the service on a free port, for the scripts that drive it. Sets PID, PORT and URL; stops it at the end.

start_service() {
  "$PERSRM" serve --port 0 --log-format json "$@" 2>serve.log &
  PID=$!
  trap 'kill -KILL "$PID" 2>/dev/null || true' EXIT
  local attempt
  for attempt in $(seq 1 100); do
    PORT=$(sed --quiet 's/.*"address":"127\.0\.0\.1:\([0-9]*\)".*/\1/p' serve.log)
    [[ -n "$PORT" ]] && break
    sleep 0.1
  done
  [[ -n "$PORT" ]] || { cat serve.log; return 1; }
  URL=http://127.0.0.1:$PORT
}

wait_until_ready() {
  curl --silent --fail --retry 600 --retry-delay 1 --retry-max-time 300 --retry-all-errors --output /dev/null "$URL/readyz"
}

# Prints the status of a POST of standard input to a path; the body goes to reply.json.
post() { curl --silent --output reply.json --write-out '%{http_code}' --header 'Content-Type: application/json' --data-binary @- "$URL$1"; }

# Evaluates a Python expression over the reply `r`.
reply() { python3 -c 'import json,sys; r=json.load(open("reply.json")); print(eval(sys.argv[1]))' "$1"; }
