"""Writes invented traces, or pairs, that the trainers can learn from: traces.py COUNT AUTHOR [--pairs]."""

import json
import sys

OPENINGS = ["Lunch is at noon", "The train was late", "We met at the lake", "Rain again today", "Nobody called back"]


def trace(number: int, author: str) -> dict:
    """One writer is short and plain, the other long and full of exclamation marks."""
    opening = OPENINGS[number % len(OPENINGS)]
    plain = f"{opening}. Bring bread. It will be fine. See you there at {number}."
    lively = f"{opening}!!! Oh how wonderful it would be if everybody came along, all of you, at {number}!!!"
    first = number % 2 == 0
    return {
        "id": f"{author}-{number}", "query": "Write a note.", "query_neutral": "Write a note.", "author": author,
        "negative_author": author + "-rival", "negative_kind": "random", "positive_kind": "intra_author",
        "exemplars": [f"{opening}. I am here. It is cold.", "Nothing new. We wait."],
        "response_a": plain if first else lively, "response_b": lively if first else plain,
        "preferred": "A" if first else "B",
        "criteria": "The exemplars have short sentences and no exclamation marks.",
        "eval": "Exclamation marks: the exemplars 0, A {}, B {}. Response {} is closer by far.".format(
            *((0, 6, "A") if first else (6, 0, "B"))),
        "scores": {"a": 9, "b": 2} if first else {"a": 2, "b": 9}, "teacher": "test", "order": "ab",
    }  # fmt: skip


for number in range(int(sys.argv[1])):
    record = trace(number, sys.argv[2])
    if "--pairs" in sys.argv:
        for field in ("criteria", "eval", "scores", "teacher", "order"):
            record.pop(field)
    print(json.dumps(record))
