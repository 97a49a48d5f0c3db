#!/usr/bin/env bash
# An evaluation in process, through a server and of recorded verdicts measures the same; what was stopped goes on, and
# what is finished is not overwritten.
set -euo pipefail
source "$ROOT/Tests/EndToEnd/lib/serve.sh"

# Two writers, one who shouts and one who does not; each pair in both places.
python3 - <<'PYTHON' >pairs.jsonl
import json
loud = ["LUNCH!!! Now, now, now!!! Who is coming??", "WOW!!! What a day!!! I LOVE it!!!",
        "NO WAY!!! Really??? Tell me ALL!!!", "YES!!! We did it!!! Party at MINE!!!"]
calm = ["The committee met at noon and agreed, after some discussion, on the budget.",
        "It was decided that the matter would be deferred until the following session.",
        "Members were reminded that minutes, once approved, are kept for ten years.",
        "The chair thanked those present and closed the meeting shortly after three."]
for number in range(8):
    own, other, author = (loud, calm, "loud") if number % 2 else (calm, loud, "calm")
    first, second = own[number % 4], other[(number + 1) % 4]
    preferred = "A" if number % 4 < 2 else "B"
    a, b = (first, second) if preferred == "A" else (second, first)
    print(json.dumps({
        "id": f"p{number}", "query": "Write a note.", "query_neutral": "Write a note.",
        "exemplars": [text for text in own if text != first], "response_a": a, "response_b": b, "preferred": preferred,
        "author": author, "negative_author": "calm" if author == "loud" else "loud", "negative_kind": "random"}))
PYTHON

of() { python3 -c 'import json,sys; s=json.load(open(sys.argv[1]+"/summary.json")); print(eval(sys.argv[2]))' "$@"; }

"$PERSRM_EVAL" --pairs pairs.jsonl --method likelihood --probes all --exemplars 1,3 --output local >local.txt
grep --quiet 'stylometric_regression' local.txt
grep --quiet 'coin' local.txt
[[ $(of local 's["n"], len(s["accuracy_interval"]), s["malformed"], s["ties"]') == '(8, 2, 0, 0)' ]]
[[ $(of local 'sorted(s["floors"])') == \
  "['burrows_delta', 'char_ngrams', 'content_words', 'length', 'query_overlap', 'stylometric_regression']" ]]
[[ $(of local 'sorted(s["by_exemplars"])') == "['1', '3']" ]]
[[ $(of local 's["by_negative_kind"]["random"]["n"]') == 8 ]]
[[ $(of local 'len(s["probes"]) >= 5') == True ]]
grep --quiet '<svg' local/report.html
[[ -s local/accuracy.csv ]]

# Finished work is not overwritten; a wrong flag is named.
if "$PERSRM_EVAL" --pairs pairs.jsonl --method likelihood --output local 2>log; then exit 1; fi
grep --quiet -- '--restart' log
if "$PERSRM_EVAL" --pairs pairs.jsonl --exemplars 0 --output x 2>log; then exit 1; fi
grep --quiet -- '--exemplars' log

# Recorded verdicts.
"$PERSRM" score --input pairs.jsonl --query-field query_neutral --method likelihood --output verdicts.jsonl 2>/dev/null
"$PERSRM_EVAL" --pairs pairs.jsonl --method likelihood --verdicts verdicts.jsonl --output recorded >recorded.txt
[[ $(of recorded 's["accuracy"]') == $(of local 's["accuracy"]') ]]
sed --in-place 3d verdicts.jsonl
if "$PERSRM_EVAL" --pairs pairs.jsonl --method likelihood --verdicts verdicts.jsonl --output lacking 2>log; then
  exit 1
fi
grep --quiet 'p2' log

# A server.
start_service
wait_until_ready
"$PERSRM_EVAL" --pairs pairs.jsonl --method likelihood --url "$URL" --output remote >remote.txt
[[ $(of remote 's["accuracy"]') == $(of local 's["accuracy"]') ]]
"$PERSRM_EVAL" --pairs pairs.jsonl --method verdict --order both --url "$URL" --output both >both.txt
[[ $(of both 's["position_consistency"] is not None') == True ]]
kill -TERM "$PID"

# Beside each other.
"$PERSRM_EVAL" compare local remote --output comparison.html >compare.txt
grep --quiet --ignore-case 'mcnemar\|p-value\|p value' compare.txt
[[ -s comparison.html ]]

# A run that was stopped goes on and ends as the undisturbed one.
"$PERSRM_EVAL" --pairs pairs.jsonl --method reasoning --max-tokens 96 --concurrency 1 --output stopped >/dev/null 2>&1 &
victim=$!
for attempt in $(seq 1 200); do
  if [[ -e stopped/progress.jsonl && $(wc --lines <stopped/progress.jsonl) -ge 3 ]]; then break; fi
  sleep 0.1
done
kill -KILL "$victim" 2>/dev/null || true
wait "$victim" 2>/dev/null || true
[[ ! -e stopped/report.html ]]
"$PERSRM_EVAL" --pairs pairs.jsonl --method reasoning --max-tokens 96 --concurrency 1 --output stopped >/dev/null
"$PERSRM_EVAL" --pairs pairs.jsonl --method reasoning --max-tokens 96 --output whole >/dev/null
cmp stopped/results.jsonl whole/results.jsonl
[[ ! -e stopped/progress.jsonl ]]

# A temperature fitted here is what the judge states elsewhere.
"$PERSRM_EVAL" --pairs pairs.jsonl --method likelihood --fit-calibration calibration.json --output fitted >/dev/null
grep --quiet '"temperature"' calibration.json
"$PERSRM" score --input pairs.jsonl --query-field query_neutral --method likelihood --calibration calibration.json \
  2>/dev/null |
  python3 -c '
import json, math, sys
known = json.load(open("calibration.json"))["temperature"]
for line in sys.stdin:
    answer = json.loads(line)
    expected = (1 + math.tanh(answer["margin"] / known / 2)) / 2
    assert abs(answer["probability_a"] - expected) < 1e-6, answer'
