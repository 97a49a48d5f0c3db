#!/usr/bin/env bash
# Processes that find each other over sockets hold the same sums; one that is killed, hangs or disagrees ends all others
# soon, and by name.
set -euo pipefail
source "$ROOT/Tests/EndToEnd/lib/ranks.sh"

for size in 2 3 5; do
  ranks_over_sockets "$size" "sum$size"
  [[ $(cat sum"$size".*.status | sort --unique) == 0 ]] || { cat sum"$size".*; exit 1; }
  [[ $(digests sum"$size".? | wc --lines) == 1 ]]
  [[ $(cat sum"$size".? | wc --lines) == "$size" ]]
done
[[ $(digests sum2.0) != $(digests sum3.0) ]]
# Again, and the same again.
ranks_over_sockets 3 again
[[ $(digests again.?) == $(digests sum3.0) ]]

# Killed: all others end with a message about it, whichever it was.
for lost in 0 1 2; do
  SECONDS=0
  ranks_over_sockets 3 "killed$lost" --die "$lost"
  (( SECONDS < 20 ))
  for rank in 0 1 2; do
    if (( rank == lost )); then continue; fi
    [[ $(cat "killed$lost.$rank.status") == 1 ]]
    grep --quiet "rank $lost is lost" "killed$lost.$rank" || { cat "killed$lost.$rank"; exit 1; }
  done
done

# Hanging: known when the time is up.
SECONDS=0
PERSRM_RANKS_TIMEOUT=1 ranks_over_sockets 3 hanging --hang 1 &
HANGING=$!
for _ in $(seq 1 200); do [[ -s hanging.0 && -s hanging.2 ]] && break; sleep 0.1; done
(( SECONDS < 20 ))
for rank in 0 2; do grep --quiet 'nothing from rank 1 for 1.0 s' "hanging.$rank"; done
# The one that hangs is ended by its number; `timeout` passes the signal on.
kill -TERM "$(cat hanging.1.pid)"
wait "$HANGING"
[[ $(cat hanging.0.status hanging.2.status) == $'1\n1' ]]

ranks_over_sockets 3 differing --differ 2
for rank in 0 1; do grep --quiet 'rank 2 calls allGather' "differing.$rank"; done

# Not on one machine: no secret, no run.
if RANK=0 WORLD_SIZE=2 MASTER_ADDR=192.0.2.1 MASTER_PORT=29500 "$RANK_PROBE" 2>log; then exit 1; fi
grep --quiet 'PERSRM_RANKS_TOKEN: is not set' log
