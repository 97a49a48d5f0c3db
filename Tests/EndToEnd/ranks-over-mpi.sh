#!/usr/bin/env bash
# Ranks that mpirun started hold the same sums as those over sockets, to the bit; one that dies or hangs ends the run.
# Without Open MPI its absence is said, with what to do.
set -euo pipefail
source "$ROOT/Tests/EndToEnd/lib/ranks.sh"

if ! command -v mpirun >/dev/null; then
  if OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 "$RANK_PROBE" 2>log; then exit 1; fi
  grep --quiet --extended-regexp 'MPI cannot be used .*apt-get install openmpi-bin|another run' log
  echo 'skip: no mpirun here (Debian: apt-get install openmpi-bin); ranks over MPI were not started'
  exit 0
fi
if [[ "$(mpirun --version)" != *'Open MPI'* ]]; then
  echo 'skip: the mpirun here is not that of Open MPI; ranks over MPI were not started'
  exit 0
fi

launch() {
  local size=$1
  shift
  timeout 60 mpirun -n "$size" --oversubscribe --allow-run-as-root -x PERSRM_RANKS_TIMEOUT "$RANK_PROBE" "$@"
}

export PERSRM_RANKS_TIMEOUT=20
for size in 2 3; do
  launch "$size" >"sum$size"
  grep --quiet 'over MPI (Open MPI' "sum$size"
  [[ $(wc --lines <"sum$size") == "$size" ]]
  ranks_over_sockets "$size" "sockets$size"
  [[ $(digests "sum$size") == $(digests "sockets$size".?) ]]
done
# More numbers than are summed at once.
launch 2 --count 5000001 >large
[[ $(digests large | wc --lines) == 1 && $(wc --lines <large) == 2 ]]

SECONDS=0
if launch 3 --die 1 >log 2>&1; then exit 1; fi
if launch 3 --differ 2 >log 2>&1; then exit 1; fi
grep --quiet 'rank 2 calls allGather' log
export PERSRM_RANKS_TIMEOUT=1
if launch 3 --hang 1 >log 2>&1; then exit 1; fi
grep --quiet 'not all ranks called it within 1.0 s' log
(( SECONDS < 30 ))

# Variables of a launcher that is not there.
if OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 "$RANK_PROBE" 2>log; then exit 1; fi
grep --quiet 'OMPI_COMM_WORLD_SIZE: the launcher says rank 0 of 2' log
