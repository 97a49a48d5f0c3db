#!/usr/bin/env bash
# The same corpus and seed give the same bytes, in any folder and through a kill; flags that are wrong are named.
set -euo pipefail
. "$ROOT/Tests/EndToEnd/lib/curate.sh"
invent_corpus

flags=(--corpus corpus.jsonl --text-words-min 40 --positives intra-author --pairs 120 --seed 7)
curate() { "$CURATE" "${flags[@]}" "$@"; }
curate --output one 2>log
grep --quiet 'report: one/report.html' log
for name in pairs.jsonl.gz traces.jsonl.gz dropped.jsonl.gz report.html report.json; do [[ -s one/$name ]]; done
[[ ! -e one/progress.jsonl ]]
[[ $(zcat one/pairs.jsonl.gz | wc --lines) == $(zcat one/traces.jsonl.gz one/dropped.jsonl.gz | wc --lines) ]]
curate --output two 2>log
same_output one two
curate --output other --seed 8 2>log
if same_output one other >differences; then exit 1; fi

# Killed at whatever point it has come to, and gone on from there.
for pause in 0.05 0.1 0.2 0.4; do
  "$CURATE" "${flags[@]}" --output killed --concurrency 1 2>log &
  pid=$!
  sleep "$pause"
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
done
if [[ ! -e killed/report.html ]]; then curate --output killed --concurrency 1 2>log || { cat log; exit 1; }; fi
# The number of drafts at once is in the report's command line. A kill while the files are put in place may leave a
# journal or half a file beside them; those that count are the same.
for name in pairs.jsonl.gz traces.jsonl.gz dropped.jsonl.gz report.json floors.csv margins.csv; do
  cmp "one/$name" "killed/$name"
done

# Finished work is not written over, nor is that of other settings gone on from.
if curate --output one 2>log; then exit 1; fi
grep --quiet 'one holds finished work' log
curate --output one --restart 2>log
same_output one two

[[ $("$CURATE" --help) == *'persrm-curate --corpus texts.jsonl.gz'* ]]
[[ $("$CURATE" --version) == 'persrm-curate '* ]]
# Each wrong flag is named by its own message.
refuses() {
  local flag=$1
  shift
  if "$CURATE" --corpus corpus.jsonl --output refused "$@" 2>log; then exit 1; fi
  grep --quiet -- "$flag" log || { cat log; exit 1; }
}
refuses --pairs --pairs 0
refuses --exemplars --exemplars 17
refuses --positives --positives lexcal=1
refuses --negatives --negatives random=-1
refuses --cross-genre --cross-genre 2
refuses --opening --opening nowhere
refuses --words-min --words-min 300
refuses --split --split train
refuses --writer --negatives confounding
refuses --openai-model --teacher openai
refuses --limit --limit 0
refuses --teacher --teacher oracle
refuses --no-such-flag --no-such-flag
refuses missing.jsonl --corpus missing.jsonl
[[ ! -e refused/report.html ]]
