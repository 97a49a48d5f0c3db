#!/usr/bin/env bash
# A teacher behind a service that refuses, fails, cuts answers short and dawdles; the program killed in the middle and
# started again: what was answered and kept is not asked for again, nothing is lost, and the files are those of a run
# that nothing befell.
set -euo pipefail
. "$ROOT/Tests/EndToEnd/lib/curate.sh"
invent_corpus

python3 "$ROOT/Tests/EndToEnd/lib/teacher-server.py" server.log port &
SERVER=$!
trap 'kill -KILL "$SERVER" 2>/dev/null || true' EXIT
for _ in $(seq 1 100); do [[ -s port ]] && break; sleep 0.1; done
export OPENAI_API_KEY=sk-end-to-end-key
flags=(
  --corpus corpus.jsonl --text-words-min 40 --positives intra-author --pairs 60 --seed 7 --concurrency 4
  --teacher openai --openai-url "http://127.0.0.1:$(cat port)" --openai-model scripted
)
answered() { grep --count ' answered$' server.log || true; }

: >server.log
"$CURATE" "${flags[@]}" --output killed 2>log &
PID=$!
for _ in $(seq 1 600); do (( $(answered) >= 20 )) && break; sleep 0.05; done
kill -KILL "$PID"
wait "$PID" 2>/dev/null || true
# Until the service has noted what it was about to answer.
sleep 1
(( $(answered) >= 20 && $(answered) < 60 ))
[[ ! -e killed/report.html ]]
cp server.log before.log
cp killed/requests.jsonl journal-before.jsonl

"$CURATE" "${flags[@]}" --output killed 2>log
cp server.log after.log
# Every request was answered; those answered twice had their first answer on the way when the program was killed.
python3 - <<'PYTHON'
import collections
answers = collections.Counter(line.split()[0] for line in open("after.log") if line.endswith(" answered\n"))
before = {line.split()[0] for line in open("before.log") if line.endswith(" answered\n")}
kept = sum('"kind":"answer"' in line for line in open("journal-before.jsonl"))
twice = {digest for digest, count in answers.items() if count > 1}
assert len(answers) == 60, f"{len(answers)} of 60 answered"
assert max(answers.values()) <= 2 and twice <= before, twice
assert len(before) - kept <= 4, f"{len(before)} answered, {kept} kept"
assert len(twice) <= len(before) - kept, f"{len(twice)} asked again, {len(before) - kept} not kept"
done = {line.split()[1] for line in open("after.log")}
assert done == {"429", "500", "truncated", "malformed", "answered"}, done
PYTHON
for name in pairs traces dropped; do zcat "killed/$name.jsonl.gz" >"$name.jsonl"; done
[[ $(wc --lines <pairs.jsonl) == 60 ]]
[[ $(cat traces.jsonl dropped.jsonl | wc --lines) == 60 ]]
grep --quiet '"raw":"I would rather not say.*"reason":"malformed"' dropped.jsonl
grep --quiet '"reason":"scores_contradict_label"' dropped.jsonl
(( $(wc --lines <traces.jsonl) > 10 ))

# By now the service has misbehaved to every request once, and answers each at the first try.
"$CURATE" "${flags[@]}" --output whole 2>log
same_output killed whole
if grep --recursive --quiet 'sk-end-to-end-key' killed whole log; then exit 1; fi
