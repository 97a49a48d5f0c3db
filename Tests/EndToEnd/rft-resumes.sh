#!/usr/bin/env bash
# A model is rewarded for what it judges; killed and resumed, a run draws the same answers and ends with the same bits.
set -euo pipefail

python3 "$ROOT/Tests/EndToEnd/lib/traces.py" 12 ann >traces.jsonl
python3 "$ROOT/Tests/EndToEnd/lib/traces.py" 12 ann --pairs >pairs.jsonl
python3 "$ROOT/Tests/EndToEnd/lib/traces.py" 4 bob --pairs >held-out.jsonl
# Long enough to know the form, so that answers differ in what they are worth.
"$PERSRM_SFT" --traces traces.jsonl --steps 16 --epochs 24 --batch 4 --lora-rank 4 --learning-rate 4e-3 \
  --forms reasoning --no-evidence --checkpoint-every 16 --output sft 2>sft.log

rft() {
  ${RUN:-} "$PERSRM_RFT" --pairs pairs.jsonl --validation held-out.jsonl --adapter sft/adapter --steps 3 \
    --prompts-per-step 2 --samples-per-prompt 4 --resample-factor 1 --max-tokens 80 --no-evidence --learning-rate 1e-4 \
    --kl-coefficient 0.01 --checkpoint-every 1 --seed 3 "$@"
}

rft --output whole 2>whole.log
[[ -s whole/report.html && -s whole/adapter/adapter_model.safetensors ]]
if cmp --silent sft/adapter/adapter_model.safetensors whole/checkpoints/step-000003/adapter/adapter_model.safetensors
then exit 1; fi
python3 - <<'PYTHON'
import json

lines = [json.loads(line) for line in open("whole/metrics.jsonl")]
steps = [line for line in lines if "train/reward" in line]
assert len(steps) == 3, lines
for tag in ("train/reward", "train/format_rate", "train/tie_rate", "train/zero_variance_rate", "train/length"):
    assert all(tag in line for line in steps), tag
assert all(-1 <= line["train/reward"] <= 1 for line in steps)
assert any("sample/0" in line for line in steps), steps[0]
assert any(line["train/format_rate"] > 0 for line in steps), steps
assert any(line.get("train/gradient_norm", 0) > 0 for line in steps), steps
PYTHON

RUN=exec rft --output cut 2>cut.log &
victim=$!
while [[ ! -d cut/checkpoints/step-000001 ]]; do
  kill -0 "$victim" 2>/dev/null || { cat cut.log >&2; exit 1; }
  sleep 0.1
done
kill -KILL "$victim"
wait "$victim" || true
rft --output cut --resume 2>cut.log
for file in parameters.safetensors optimiser.safetensors; do
  cmp "whole/checkpoints/step-000003/$file" "cut/checkpoints/step-000003/$file"
done

if "$PERSRM_RFT" --pairs pairs.jsonl --validation pairs.jsonl --output refused 2>log; then exit 1; fi
grep --quiet 'author "ann"' log
if "$PERSRM_RFT" --pairs pairs.jsonl --samples-per-prompt 1 --output refused 2>log; then exit 1; fi
grep --quiet -- '--samples-per-prompt must be' log
