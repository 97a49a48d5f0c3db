#!/usr/bin/env bash
# A model learns traces; killed at any moment and resumed, a run ends with the same bits; its adapter serves; what
# cannot be learnt from is refused before anything is spent.
set -euo pipefail

python3 "$ROOT/Tests/EndToEnd/lib/traces.py" 12 ann >traces.jsonl
python3 "$ROOT/Tests/EndToEnd/lib/traces.py" 4 bob >held-out.jsonl

sft() {
  ${RUN:-} "$PERSRM_SFT" --traces traces.jsonl --steps 4 --batch 2 --lora-rank 4 --lora-dropout 0.1 --no-evidence \
    --checkpoint-every 1 --seed 3 "$@"
}

sft --validation held-out.jsonl --validate-every 2 --output whole 2>whole.log
[[ -s whole/report.html && -s whole/adapter/adapter_model.safetensors ]]
python3 - <<'PYTHON'
import json

lines = [json.loads(line) for line in open("whole/metrics.jsonl")]
losses = [line["train/loss"] for line in lines if "train/loss" in line]
held = [line["eval/loss"] for line in lines if "eval/loss" in line]
assert len(losses) == 4 and len(held) == 2, lines
assert losses[-1] < losses[0], losses
PYTHON

# Every weight trained: the result is a model by itself.
"$PERSRM_SFT" --traces traces.jsonl --full --steps 1 --batch 2 --no-evidence --output full 2>full.log
"$PERSRM" score --query 'Write a note.' --exemplar 'Lunch at noon. Bring bread.' --response-a 'Be there.' \
  --response-b 'I would be delighted to join you.' --method verdict --model full/model >full.json
grep --quiet '"winner"' full.json

# Killed behind its second step, without a word.
RUN=exec sft --validation held-out.jsonl --validate-every 2 --output cut 2>cut.log &
victim=$!
while [[ ! -d cut/checkpoints/step-000002 ]]; do
  kill -0 "$victim" 2>/dev/null || { cat cut.log >&2; exit 1; }
  sleep 0.1
done
kill -KILL "$victim"
wait "$victim" || true
if sft --validation held-out.jsonl --validate-every 2 --output cut 2>log; then exit 1; fi
grep --quiet -- '--resume' log
if sft --validation held-out.jsonl --validate-every 2 --learning-rate 1e-3 --output cut --resume 2>log; then exit 1; fi
grep --quiet 'learningRate' log
sft --validation held-out.jsonl --validate-every 2 --output cut --resume 2>cut.log
for file in parameters.safetensors optimiser.safetensors; do
  cmp "whole/checkpoints/step-000004/$file" "cut/checkpoints/step-000004/$file"
done
cmp whole/adapter/adapter_model.safetensors cut/adapter/adapter_model.safetensors
values() {
  python3 -c '
import json, sys
for line in open(sys.argv[1]):
    line = json.loads(line)
    for time in ("time", "wall_seconds", "train/tokens_per_second"):
        line.pop(time, None)
    print(json.dumps(line, sort_keys=True))' "$1"
}
diff <(values whole/metrics.jsonl) <(values cut/metrics.jsonl)

# SIGTERM writes a checkpoint and ends well.
RUN=exec sft --output stopped 2>stopped.log &
victim=$!
while [[ ! -d stopped/checkpoints/step-000001 ]]; do
  kill -0 "$victim" 2>/dev/null || { cat stopped.log >&2; exit 1; }
  sleep 0.1
done
kill -TERM "$victim"
wait "$victim"
sft --output stopped --resume 2>stopped.log
[[ -s stopped/adapter/adapter_config.json ]]

# The adapter serves.
"$PERSRM" score --adapter whole/adapter --query 'Write a note.' --exemplar 'I am here. It is cold.' \
  --response-a 'Rain again.' --response-b 'Rain!!! Oh joy!!!' --method verdict >judged.json
grep --quiet '"model" *: *"[^"]*+adapter"' judged.json

refused() {
  local message=$1
  shift
  if "$PERSRM_SFT" --output refused "$@" 2>log; then exit 1; fi
  grep --quiet -- "$message" log || { cat log >&2; exit 1; }
  [[ ! -e refused/checkpoints ]]
}
: >empty.jsonl
refused 'no traces in empty.jsonl' --traces empty.jsonl
python3 -c 'import json
record = json.loads(open("traces.jsonl").readline())
record.pop("criteria")
print(json.dumps(record))' >incomplete.jsonl
refused 'incomplete.jsonl:1.*criteria' --traces incomplete.jsonl
refused 'author "ann"' --traces traces.jsonl --validation traces.jsonl
refused 'takes [0-9]* tokens, more than --tokens-max 100' --traces traces.jsonl --tokens-max 100
refused '--lora-rank must be' --traces traces.jsonl --lora-rank 0
refused '--full' --traces traces.jsonl --full --adapter whole/adapter
refused 'has rank 4' --traces traces.jsonl --adapter whole/adapter --lora-rank 8
