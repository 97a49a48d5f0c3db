#!/usr/bin/env bash
# The adapter that comes with the package is what `make serve` serves, belongs to the default model, is shown
# measurements unless told otherwise, and writes verdicts of the form it learnt.
set -euo pipefail

judge=$ROOT/Models/smollm2-135m-judge
make --directory "$ROOT" --dry-run serve | grep --quiet -- '--adapter "Models/smollm2-135m-judge"'
if PERSRM_MODEL=other make --directory "$ROOT" --dry-run serve | grep --quiet -- --adapter; then exit 1; fi
"$PERSRM" inspect "$judge" | grep --quiet 'persrm.evidence = true'
(($(stat --format=%s "$judge/adapter_model.safetensors") < 12000000))

texts=(--query 'Write to the team.' --response-a 'Heads up: Monday meeting moved to 10. Bring numbers. Coffee is on me.'
  --response-b 'Dear colleagues, I am writing to inform you that the meeting will now, regrettably, take place at ten.'
  --exemplar 'Quick note: build is green again. Thanks to whoever fixed the cache. Lunch is on me.'
  --exemplar 'Heads up: server reboot at 5. Save your work. That is all.')
"$PERSRM" score "${texts[@]}" --adapter "$judge" >unasked.json
"$PERSRM" score "${texts[@]}" --adapter "$judge" --evidence >with.json
"$PERSRM" score "${texts[@]}" --adapter "$judge" --no-evidence >without.json
python3 - <<'PYTHON'
import json

unasked, asked, without = (json.load(open(name + ".json")) for name in ("unasked", "with", "without"))
for answer in (unasked, asked, without):
    assert answer["well_formed"] and answer["finish_reason"] == "stop", answer
assert unasked["eval"] == asked["eval"] and unasked["scores"] == asked["scores"]
assert unasked["usage"]["prompt_tokens"] == asked["usage"]["prompt_tokens"] > without["usage"]["prompt_tokens"] + 150
assert unasked["winner"] in ("a", "b") and "similarity" in unasked["eval"], unasked["eval"]
PYTHON
