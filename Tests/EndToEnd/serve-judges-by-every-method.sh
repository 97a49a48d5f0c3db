#!/usr/bin/env bash
# The three methods over HTTP and in a file: the same scores from both, and a likelihood without a position.
set -euo pipefail
source "$ROOT/Tests/EndToEnd/lib/serve.sh"
start_service --drain-grace 0
wait_until_ready

cat >pair.json <<'JSON'
{"query": "Write a short message about Monday.",
 "exemplars": ["Quick note: build is green again. Lunch is on me.",
               "Heads up: reboot at 5. Save your work. That is all."],
 "response_a": "Heads up: Monday moved to 10. Bring numbers.",
 "response_b": "Dear colleagues, I am writing to inform you that the meeting will now take place at ten."}
JSON
# Prints the pair with some members changed (a Python expression over the pair `p`).
body() { python3 -c 'import json,sys; p=json.load(open("pair.json")); print(json.dumps(eval(sys.argv[1])))' "$1"; }
ask() { [[ $(body "$1" | post /score) == "${3:-200}" ]] && cp reply.json "$2"; }

ask 'p | {"method": "verdict", "order": "both"}' verdict.json
ask 'p | {"method": "verdict", "order": "both", "samples": 3, "temperature": 1.5, "seed": 9}' verdict-again.json
ask 'p | {"method": "likelihood"}' likelihood.json
ask 'p | {"method": "likelihood", "response_a": p["response_b"], "response_b": p["response_a"]}' swapped.json
ask '{k: v for k, v in p.items() if k != "response_b"} | {"method": "likelihood"}' single.json
ask '{k: v for k, v in p.items() if k != "response_b"} | {"method": "verdict"}' refused.json 422
ask 'p | {"method": "guess"}' guess.json 422
[[ $(body 'p | {"method": "likelihood"}' | post /apply-template) == 200 ]]
[[ $(reply 'r["prompt"].startswith("<|endoftext|>Quick note") and "Dear colleagues" not in r["prompt"]') == True ]]

kill -TERM "$PID"
wait "$PID"
python3 -c 'import json; print(json.dumps(json.load(open("pair.json"))))' >pairs.jsonl
for method in verdict likelihood; do
  "$PERSRM" score --input pairs.jsonl --method "$method" --order both --output "$method.jsonl" 2>/dev/null
done
# A file of one method's answers is not continued with another's.
if "$PERSRM" score --input pairs.jsonl --method verdict --order both --output likelihood.jsonl 2>refusal; then
  exit 1
fi
grep --quiet 'cannot continue\|other options' refusal

python3 - <<'PY'
import json
def load(name):
    return json.load(open(name))
verdict, likelihood = load("verdict.json"), load("likelihood.json")
for answer in (verdict, likelihood):
    assert answer["well_formed"] and answer["criteria"] is None and answer["eval"] is None, answer
    assert 1 <= answer["scores"]["a"] <= 10 and 1 <= answer["scores"]["b"] <= 10, answer
    assert 0 <= answer["probability_a"] <= 1, answer
assert [order["order"] for order in verdict["orders"]] == ["ab", "ba"], verdict
assert verdict["order_consistent"] in (True, False)
again = load("verdict-again.json")
assert all(again[name] == verdict[name] for name in ("scores", "probability_a", "orders", "winner")), again
assert likelihood["orders"] == [] and likelihood["order_consistent"] is None, likelihood
assert likelihood["usage"]["completion_tokens"] == 0, likelihood
swapped = load("swapped.json")
assert swapped["scores"] == {"a": likelihood["scores"]["b"], "b": likelihood["scores"]["a"]}, swapped
assert swapped["margin"] == -likelihood["margin"], swapped
# The halves without exemplars were known by then.
assert swapped["usage"]["prompt_tokens_details"]["cached_tokens"] > 0
single = load("single.json")
assert single["scores"] == {"a": likelihood["scores"]["a"], "b": None} and single["well_formed"], single
assert single["winner"] is single["margin"] is single["probability_a"] is None, single
assert load("refused.json")["title"] == "response_b is missing"
assert load("guess.json")["errors"][0]["pointer"] == "/method"
for method, answer in (("verdict", verdict), ("likelihood", likelihood)):
    line = json.loads(open(method + ".jsonl").read())
    assert line["scorer_version"] == answer["scorer_version"]
    assert all(line[name] == answer[name] for name in ("scores", "probability_a", "winner")), line
PY
