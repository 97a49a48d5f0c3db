#!/usr/bin/env bash
# A file of comparisons is judged in order; killed and run again, it judges only the rest and gives the same verdicts.
set -euo pipefail

for number in 0 1 2 3 4 5; do
  printf '{"id":"p%d","query":"Write a note.","exemplars":["Short. Very short.","Lunch at %d."],' $number $number
  printf '"response_a":"Be there at %d.","response_b":"I would be delighted to join you.","preferred":"A"}\n' $number
done | gzip >input.jsonl.gz

score() { "$PERSRM" score --max-tokens 96 "$@"; }
# What may differ between two runs, left out: times, and how much was cached.
same() { python3 -c '
import json, sys
answers = [json.loads(line) for line in open(sys.argv[1])]
for answer in answers:
    for name in ("created", "timings", "usage"):
        answer.pop(name)
    print(json.dumps(answer, sort_keys=True))' "$1"; }

score --input input.jsonl.gz --output whole.jsonl --summary summary.json
[[ $(wc --lines <whole.jsonl) == 6 ]]
[[ $(grep --only-matching '"id":"p[0-9]"' whole.jsonl | tr --delete '\n') == \
  '"id":"p0""id":"p1""id":"p2""id":"p3""id":"p4""id":"p5"' ]]
grep --quiet '"n" : 6' summary.json
grep --quiet '"malformed" : 0' summary.json

# Cut in the middle of the third line, as a kill or a full disk would leave it.
head --lines=2 whole.jsonl >cut.jsonl
sed --quiet 3p whole.jsonl | head --bytes=100 >>cut.jsonl
score --input input.jsonl.gz --output cut.jsonl 2>log
grep --quiet '(2 from an earlier run)' log
diff <(same whole.jsonl) <(same cut.jsonl)

# Other comparisons, or the same judged otherwise, are not mixed into it.
cp whole.jsonl kept.jsonl
if score --input input.jsonl.gz --output whole.jsonl --order both 2>log; then exit 1; fi
grep --quiet 'cannot continue this output' log
cmp whole.jsonl kept.jsonl

# Standard input to standard output.
zcat input.jsonl.gz | score --input - --limit 2 >first.jsonl
diff <(same first.jsonl) <(same <(head --lines=2 whole.jsonl))
