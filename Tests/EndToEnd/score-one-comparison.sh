#!/usr/bin/env bash
# One comparison from flags, from files named by flags, and from a saved request body; mistakes are named.
set -euo pipefail

score() { "$PERSRM" score "$@"; }
printf 'Lunch at noon. Bring bread.\n' >mine.txt
texts=(--query 'Write a note.' --exemplar @mine.txt --exemplar 'Short. Very short.'
  --response-a 'Be there.' --response-b 'I would be delighted to join you.')

score "${texts[@]}" --max-tokens 96 >answer.json
grep --quiet '"object" : "persrm.score"' answer.json
grep --quiet '"well_formed" : true' answer.json
score "${texts[@]}" --max-tokens 96 --format text >answer.txt
grep --quiet --extended-regexp '^(winner: [ab]|tie)  \(a [0-9]+\.[0-9]' answer.txt

cat >body.json <<'JSON'
{"query": "Write a note.", "exemplars": ["Lunch at noon. Bring bread.", "Short. Very short."],
 "response_a": "Be there.", "response_b": "I would be delighted to join you.", "order": "both", "max_tokens": 96}
JSON
score --comparison body.json >both.json
[[ $(grep --count '"order" : "' both.json) == 2 ]]

refused() {
  local message=$1
  shift
  if score "$@" >out 2>&1; then return 1; fi
  grep --quiet --fixed-strings -- "$message" out || { cat out; return 1; }
}
refused 'exemplars is missing' --comparison <(printf '{"query":"q","response_a":"a","response_b":"b"}')
refused '--max-tokens must be from' "${texts[@]}" --max-tokens 1
refused '--order must be' "${texts[@]}" --order up
refused 'Give one of --input' --limit 3
refused 'cannot open none.jsonl' --input none.jsonl
printf '{"query":"q"}\n' >bad.jsonl
refused 'bad.jsonl:1: exemplars is missing' --input bad.jsonl
