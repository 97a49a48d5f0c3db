#!/usr/bin/env python3
"""Write the tokenizer.json that the vocabulary inside a GGUF file stands for.

GGUF names the pre-tokenizer and lists tokens, kinds and merges; Python `tokenizers` wants its parts spelled out. The
result is the reference that the Swift tokenizer is held to, token by token.

Needs: pip install gguf tokenizers
"""
import argparse
import json
import sys

import gguf

QWEN2_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
NORMAL, CONTROL, USER_DEFINED = 1, 3, 4


def byte_level(use_regex):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def pre_tokenizer(kind):
    """The pre_tokenizer part of a tokenizer.json for a GGUF `tokenizer.ggml.pre`."""
    if kind == "gpt-2":
        return byte_level(True)
    if kind == "smollm":
        steps = [{"type": "Digits", "individual_digits": True}, byte_level(True)]
    elif kind == "qwen2":
        split = {"type": "Split", "pattern": {"Regex": QWEN2_PATTERN}, "behavior": "Isolated", "invert": False}
        steps = [split, byte_level(False)]
    else:
        raise SystemExit(f"unknown pre-tokenizer {kind!r}")
    return {"type": "Sequence", "pretokenizers": steps}


def document(kind, tokens, types, merges):
    """A whole tokenizer.json as a dictionary."""
    last_normal = max(index for index, type_ in enumerate(types) if type_ == NORMAL)
    added = [
        {
            "id": index,
            "content": tokens[index],
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": type_ == CONTROL,
        }
        for index, type_ in enumerate(types)
        if type_ in (CONTROL, USER_DEFINED)
    ]
    vocabulary = {
        token: index for index, token in enumerate(tokens) if types[index] == NORMAL or index < last_normal
    }
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "NFC"} if kind == "qwen2" else None,
        "pre_tokenizer": pre_tokenizer(kind),
        "post_processor": None,
        "decoder": byte_level(True),
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": merges,
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", required=True, help="the model file")
    parser.add_argument("--output", required=True, help="where to write tokenizer.json")
    options = parser.parse_args()
    fields = gguf.GGUFReader(options.gguf).fields
    model = fields["tokenizer.ggml.model"].contents()
    if model != "gpt2":
        raise SystemExit(f"{options.gguf}: tokenizer model {model!r} is not byte-level BPE")
    result = document(
        fields["tokenizer.ggml.pre"].contents(),
        fields["tokenizer.ggml.tokens"].contents(),
        fields["tokenizer.ggml.token_type"].contents(),
        fields["tokenizer.ggml.merges"].contents(),
    )
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump(result, file, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
