#!/usr/bin/env bash
# The service answers a comparison with a well-formed verdict, the same one each time, in one order and in both.
set -euo pipefail
source "$ROOT/Tests/EndToEnd/lib/serve.sh"
start_service

# It listens before it is ready, and a comparison that comes early waits.
[[ $(curl --silent --output /dev/null --write-out '%{http_code}' "$URL/livez") == 200 ]]
curl --silent --fail --output /dev/null "$URL/metrics"
cat >body.json <<'JSON'
{"query": "Write a short message about Monday.",
 "exemplars": ["Quick note: build is green again. Lunch is on me.",
               "Heads up: reboot at 5. Save your work. That is all."],
 "response_a": "Heads up: Monday moved to 10. Bring numbers.",
 "response_b": "Dear colleagues, I am writing to inform you that the meeting will now take place at ten.",
 "max_tokens": 96}
JSON
[[ $(post /score <body.json) == 200 ]]
cp reply.json first.json
wait_until_ready
for again in 1 2; do
  [[ $(post /score <body.json) == 200 ]]
  cp reply.json "again-$again.json"
done
python3 - <<'PY'
import json
def bare(name, cold=False):
    answer = json.load(open(name))
    for member in ("id", "created", "timings"):
        del answer[member]
    if cold:  # what the cache held differs between the first time and later ones
        del answer["usage"]["prompt_tokens_details"]
    return answer
first = bare("first.json", True)
assert first == bare("again-1.json", True) == bare("again-2.json", True)
assert bare("again-1.json") == bare("again-2.json")
assert first["well_formed"] and first["criteria"] and first["eval"], first
assert 1 <= first["scores"]["a"] <= 10 and 0 <= first["probability_a"] <= 1
PY

sed 's/"max_tokens"/"order": "both", "max_tokens"/' body.json >both.json
[[ $(post /score <both.json) == 200 ]]
[[ $(reply '[o["order"] for o in r["orders"]], r["order_consistent"] in (True, False)') == "(['ab', 'ba'], True)" ]]

[[ $(post /apply-template <body.json) == 200 ]]
[[ $(reply 'r["n_tokens"] > r["prefix_tokens"] > 0') == True ]]
curl --silent --fail --head "$URL/health" | grep --quiet '^HTTP/1.1 200'
curl --silent --fail "$URL/v1/models" | grep --quiet '"object":"model"'
curl --silent --fail "$URL/metrics" >metrics.txt
grep --quiet --extended-regexp '^persrm_requests_total\{.*route="/score".*\} 4$' metrics.txt
grep --quiet --extended-regexp '^process_resident_memory_bytes [0-9.e+]+$' metrics.txt

# With measurements in the prompt, where they are asked for.
sed 's/"max_tokens": 96/"max_tokens": 96, "evidence": true/' body.json >evidence.json
[[ $(post /apply-template <body.json) == 200 ]]
if grep --quiet 'measurements' reply.json; then exit 1; fi
[[ $(post /apply-template <evidence.json) == 200 ]]
grep --quiet 'measurements' reply.json
[[ $(post /score <evidence.json) == 200 ]]
[[ $(reply 'r["well_formed"]') == True ]]
