# Ranks of the small program that only talks, for the scripts about them. Sourced.

# The debug build, which `make test` has made already.
if [[ -z "${RANK_PROBE:-}" ]]; then
  (cd "$ROOT" && swift build --product RankProbe)
  RANK_PROBE=$(cd "$ROOT" && swift build --product RankProbe --show-bin-path)/RankProbe
fi
# Whatever started this test is not what starts its ranks.
for name in $(compgen -e | grep --extended-regexp '^(OMPI_|PMIX_|SLURM_|TORCHELASTIC_|PERSRM_RANKS)' || true); do
  unset "$name"
done
unset RANK WORLD_SIZE LOCAL_RANK MASTER_ADDR MASTER_PORT

# A port that is free now.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ranks_over_sockets SIZE PREFIX [FLAG ...]: output of rank R in PREFIX.R, its exit status in PREFIX.R.status, and while
# it runs its process in PREFIX.R.pid.
ranks_over_sockets() {
  local size=$1 prefix=$2 rank port pids=()
  shift 2
  port=$(free_port)
  for ((rank = 0; rank < size; rank++)); do
    RANK=$rank WORLD_SIZE=$size MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
      timeout 60 "$RANK_PROBE" "$@" >"$prefix.$rank" 2>&1 &
    pids+=($!)
    echo $! >"$prefix.$rank.pid"
  done
  for ((rank = 0; rank < size; rank++)); do
    local status=0
    wait "${pids[$rank]}" || status=$?
    echo "$status" >"$prefix.$rank.status"
  done
}

# The digests in the given files or lines of a launcher, each once.
digests() { sed --quiet --regexp-extended 's/^rank [0-9]+ of [0-9]+ over .*: ([0-9a-f]+)$/\1/p' "$@" | sort --unique; }
