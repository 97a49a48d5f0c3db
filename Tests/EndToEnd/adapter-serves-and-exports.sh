#!/usr/bin/env bash
# An adapter is shown, changes the judge, and merged into a Hugging Face directory is the same judge; one that belongs
# to other weights is refused.
set -euo pipefail

# A LoRA adapter of rank 2 for the default model's first layer, as PEFT would write it: adapter.py DIRECTORY [BASE]
cat >adapter.py <<'PYTHON'
import json, os, random, struct, sys

folder, rank, shapes = sys.argv[1], 2, {"q_proj": (576, 576), "v_proj": (576, 192)}
random.seed(7)
header, data = {"__metadata__": {"format": "pt"}}, b""
if len(sys.argv) > 2:
    header["__metadata__"]["persrm.base_sha256"] = sys.argv[2]
for name, (inputs, outputs) in shapes.items():
    for part, shape in (("lora_A", [rank, inputs]), ("lora_B", [outputs, rank])):
        values = [random.uniform(-0.2, 0.2) for _ in range(shape[0] * shape[1])]
        key = f"base_model.model.model.layers.0.self_attn.{name}.{part}.weight"
        start, data = len(data), data + struct.pack(f"<{len(values)}f", *values)
        header[key] = {"dtype": "F32", "shape": shape, "data_offsets": [start, len(data)]}
text = json.dumps(header).encode()
os.makedirs(folder, exist_ok=True)
with open(folder + "/adapter_model.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
with open(folder + "/adapter_config.json", "w") as file:
    json.dump({"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": rank, "lora_alpha": 4, "bias": "none",
               "target_modules": list(shapes)}, file)
PYTHON
python3 adapter.py lora
python3 adapter.py foreign "$(printf '0%.0s' {1..64})"

"$PERSRM" inspect lora >shown.txt
grep --quiet --extended-regexp '^rank +2$' shown.txt
grep --quiet --extended-regexp '^targets +q_proj, v_proj$' shown.txt
grep --quiet 'self_attn.v_proj  N = 0 ' shown.txt

texts=(--query 'Write a note.' --exemplar 'Lunch at noon. Bring bread.' --response-a 'Be there.'
  --response-b 'I would be delighted to join you.' --method verdict --precision float32)
"$PERSRM" score "${texts[@]}" >plain.json
"$PERSRM" score "${texts[@]}" --adapter lora >adapted.json
PERSRM_ADAPTER=lora "$PERSRM" score "${texts[@]}" >environment.json
"$PERSRM" export --adapter lora --dtype f32 --output merged >files.txt 2>progress.txt
grep --quiet 'MB of weights' progress.txt
[[ $(tail --lines 1 files.txt) == merged/config.json ]]
"$PERSRM" score "${texts[@]}" --model merged >merged.json
python3 - <<'PYTHON'
import json

plain, adapted, environment, merged = (
    json.load(open(name + ".json")) for name in ("plain", "adapted", "environment", "merged"))
assert adapted["model"] == plain["model"] + "+lora", adapted["model"]
assert len({answer["scorer_version"] for answer in (plain, adapted, merged)}) == 3
assert environment["scorer_version"] == adapted["scorer_version"]
assert adapted["probability_a"] != plain["probability_a"]
for field in ("scores", "winner", "margin", "probability_a"):
    assert merged[field] == adapted[field] == environment[field], (field, merged[field], adapted[field])
PYTHON

# By itself, in half the bytes, with what its training noted.
"$PERSRM" export --adapter lora --adapter-only --dtype bf16 --output halved >files.txt
[[ $(sort files.txt) == $'halved/adapter_config.json\nhalved/adapter_model.safetensors' ]]
(($(stat --format=%s halved/adapter_model.safetensors) < 3 * $(stat --format=%s lora/adapter_model.safetensors) / 5))
"$PERSRM" score "${texts[@]}" --adapter halved | grep --quiet '"winner"'
if "$PERSRM" export --adapter lora --adapter-only --output halved 2>log; then exit 1; fi
grep --quiet 'halved is not empty' log
if "$PERSRM" export --adapter-only --output nobody 2>log; then exit 1; fi
grep --quiet -- '--adapter-only needs --adapter' log

refused() {
  local message=$1
  shift
  if "$PERSRM" "$@" >out 2>&1; then return 1; fi
  grep --quiet --fixed-strings -- "$message" out || { cat out; return 1; }
}
refused '--allow-other-base' score "${texts[@]}" --adapter foreign
refused '--allow-other-base' export --adapter foreign --output other
"$PERSRM" score "${texts[@]}" --adapter foreign --allow-other-base >/dev/null
refused 'merged is not empty' export --adapter lora --output merged
refused 'no-such: holds no adapter' score "${texts[@]}" --adapter no-such
[[ ! -e other ]]

# A file that cannot grow, as on a full disk: nothing half is left.
(
  trap '' XFSZ
  ulimit -f 1000
  refused 'cannot write to small/model.safetensors: File too large' export --adapter lora --output small
)
[[ ! -e small ]]
