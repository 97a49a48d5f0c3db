#!/usr/bin/env python3
"""Prints a checksum of every tensor of a GGUF file as the gguf package reads it: one line "name checksum" each, with
Hugging Face names and rows in Hugging Face order, for the test `RealFileTests`.

The checksum of Float32 values with bit patterns b[i] is the sum of b[i] * (2 i + 1) modulo 2^64.

Usage: tensor_checksums.py MODEL.gguf > checksums.txt            (needs: pip install gguf numpy)
"""
import sys

import gguf
import numpy as np

OUTER = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
INNER = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}


def canonical(name):
    parts = name.split(".")
    if parts[0] == "blk":
        return f"model.layers.{parts[1]}.{INNER[parts[2]]}.{parts[3]}"
    return f"{OUTER[parts[0]]}.{parts[1]}"


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    reader = gguf.GGUFReader(sys.argv[1])
    architecture = reader.fields["general.architecture"].contents()
    heads = reader.fields[f"{architecture}.attention.head_count"].contents()
    kv_heads = reader.fields[f"{architecture}.attention.head_count_kv"].contents()
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        values = np.ascontiguousarray(values.reshape([int(d) for d in reversed(tensor.shape)]), dtype="<f4")
        if architecture == "llama" and (".attn_q." in tensor.name or ".attn_k." in tensor.name):
            count = heads if ".attn_q." in tensor.name else kv_heads
            half = values.shape[0] // count // 2
            values = values.reshape(count, half, 2, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)
        bits = np.ascontiguousarray(values).reshape(-1).view(np.uint32).astype(np.uint64)
        total = np.sum(bits * (2 * np.arange(bits.size, dtype=np.uint64) + 1), dtype=np.uint64)
        print(canonical(tensor.name), int(total), tensor.tensor_type.name)


main()
