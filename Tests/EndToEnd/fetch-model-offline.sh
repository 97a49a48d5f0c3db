#!/usr/bin/env bash
# With the model in the cache no network is used; a damaged one is noticed, and without network said with what to do.
set -euo pipefail

if [[ -n "${PERSRM_MODEL:-}" ]]; then
  echo 'a model of your own is set; nothing is fetched'
  exit 0
fi
model=SmolLM2-135M-Instruct.Q4_1.gguf
mkdir --parents cache/persrm
cp --reflink=auto "${XDG_CACHE_HOME:-$HOME/.cache}/persrm/$model" "cache/persrm/$model"
export XDG_CACHE_HOME="$PWD/cache"
# No index, and a proxy that nobody serves: whoever needs the network fails at once.
export PIP_NO_INDEX=1 PIP_FIND_LINKS="$PWD" https_proxy=http://127.0.0.1:9 http_proxy=http://127.0.0.1:9

"$ROOT/Scripts/fetch-model" >log
grep --quiet 'is there and verified' log

# One byte, so that the size says nothing.
printf '\377' | dd of="cache/persrm/$model" bs=1 seek=50000000 conv=notrunc status=none
if "$ROOT/Scripts/fetch-model" >log 2>&1; then exit 1; fi
grep --quiet 'is damaged; fetching it again' log
grep --quiet 'By hand' log

if PERSRM_MODEL="$PWD/none" "$ROOT/Scripts/fetch-model" 2>log; then exit 1; fi
grep --quiet 'which does not exist' log
