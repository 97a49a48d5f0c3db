#!/usr/bin/env python3
"""Writes the tiny models under Tests/ModelFilesTests/Fixtures: the same random weights as a Hugging Face directory and
as a GGUF file, for both architectures. A reader that is right sees no difference between the two.

tiny-llama: one safetensors file, half precision, grouped queries, output projection of its own; the GGUF file has the
rows of query and key projections interleaved, as its converter leaves them.
tiny-qwen2: two shards and an index, BF16, biases, tied embeddings.

Usage: tiny_model_files.py            (needs: pip install gguf numpy safetensors)
"""
import importlib.metadata
import json
import pathlib
import struct

import gguf
import numpy as np
from safetensors.numpy import save_file

SEED = 20240518
FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/ModelFilesTests/Fixtures"
HIDDEN, HEADS, KV_HEADS, HEAD_DIM, INTERMEDIATE, VOCAB = 8, 2, 1, 4, 12, 10
TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "a", "b", "c", "\u0120", "ab", "\u0120a", "\u00ed\u0142\u00a4"]
MERGES = ["a b", "\u0120 a"]
TEMPLATE = "{% for m in messages %}{{ m['content'] }}{% endfor %}"


def weights(architecture, generator):
    queries, keys = HEADS * HEAD_DIM, KV_HEADS * HEAD_DIM
    shapes = {"model.embed_tokens.weight": [VOCAB, HIDDEN]}
    for name, rows in [("q", queries), ("k", keys), ("v", keys)]:
        shapes[f"model.layers.0.self_attn.{name}_proj.weight"] = [rows, HIDDEN]
        if architecture == "qwen2":
            shapes[f"model.layers.0.self_attn.{name}_proj.bias"] = [rows]
    shapes["model.layers.0.self_attn.o_proj.weight"] = [HIDDEN, queries]
    shapes["model.layers.0.mlp.gate_proj.weight"] = [INTERMEDIATE, HIDDEN]
    shapes["model.layers.0.mlp.up_proj.weight"] = [INTERMEDIATE, HIDDEN]
    shapes["model.layers.0.mlp.down_proj.weight"] = [HIDDEN, INTERMEDIATE]
    for name in ["layers.0.input_layernorm", "layers.0.post_attention_layernorm", "norm"]:
        shapes[f"model.{name}.weight"] = [HIDDEN]
    if architecture == "llama":
        shapes["lm_head.weight"] = [VOCAB, HIDDEN]
    return {name: generator.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


def config(architecture):
    common = {
        "architectures": ["LlamaForCausalLM" if architecture == "llama" else "Qwen2ForCausalLM"],
        "model_type": architecture, "hidden_size": HIDDEN, "num_hidden_layers": 1, "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS, "intermediate_size": INTERMEDIATE, "vocab_size": VOCAB,
        "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "hidden_act": "silu", "bos_token_id": 0, "eos_token_id": 2,
    }
    if architecture == "llama":  # As transformers 4 writes it.
        return common | {"rope_theta": 10000.0, "rope_scaling": None, "attention_bias": False, "mlp_bias": False,
                         "tie_word_embeddings": False, "torch_dtype": "float16", "pretraining_tp": 1}
    # As transformers 5 writes it.
    return common | {"rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"}, "dtype": "bfloat16",
                     "tie_word_embeddings": True, "use_sliding_window": False, "sliding_window": None,
                     "layer_types": ["full_attention"]}


def bfloat16(values):
    """Rounded to nearest even, as 16-bit patterns."""
    bits = values.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def write_safetensors(path, tensors):
    """By hand for BF16, which numpy has no name for."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, bits in tensors.items():
        header[name] = {"dtype": "BF16", "shape": list(bits.shape), "data_offsets": [len(data), len(data) + bits.nbytes]}
        data += bits.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def interleave(rows, heads):
    """The converter's order: the two halves of each head's rows, alternating."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def write_directory(architecture, tensors):
    directory = FIXTURES / f"tiny-{architecture}"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config(architecture), indent=1) + "\n")
    vocabulary = {token: index for index, token in enumerate(TOKENS)}
    (directory / "tokenizer.json").write_text(
        json.dumps({"version": "1.0", "model": {"type": "BPE", "vocab": vocabulary, "merges": MERGES}}) + "\n")
    if architecture == "llama":
        (directory / "tokenizer_config.json").write_text(json.dumps({"chat_template": TEMPLATE}) + "\n")
        save_file(tensors, directory / "model.safetensors", {"format": "pt"})
        return
    (directory / "generation_config.json").write_text(json.dumps({"eos_token_id": [2, 0]}) + "\n")
    (directory / "chat_template.jinja").write_text(TEMPLATE)
    names = sorted(tensors)
    shards = [names[: len(names) // 2], names[len(names) // 2 :]]
    weight_map = {}
    for index, shard in enumerate(shards):
        file = f"model-{index + 1:05}-of-00002.safetensors"
        write_safetensors(directory / file, {name: tensors[name] for name in shard})
        weight_map |= {name: file for name in shard}
    (directory / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": sum(t.nbytes for t in tensors.values())}, "weight_map": weight_map}) + "\n")


def gguf_name(name):
    inner = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.o_proj": "attn_output",
             "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
             "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    outer = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    module, suffix = name.rsplit(".", 1)
    if module in outer:
        return f"{outer[module]}.{suffix}"
    return f"blk.0.{inner[module.removeprefix('model.layers.0.')]}.{suffix}"


def write_gguf(architecture, tensors):
    writer = gguf.GGUFWriter(FIXTURES / f"tiny-{architecture}.gguf", architecture)
    writer.add_name(f"tiny-{architecture}")
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INTERMEDIATE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(10000.0 if architecture == "llama" else 1000000.0)
    writer.add_rope_dimension_count(HEAD_DIM)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm" if architecture == "llama" else "qwen2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3, 3, 3] + [1] * (VOCAB - 3))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    writer.add_array("general.languages", ["en"])
    for name, values in tensors.items():
        if architecture == "llama" and ".q_proj." in name:
            values = interleave(values, HEADS)
        if architecture == "llama" and ".k_proj." in name:
            values = interleave(values, KV_HEADS)
        if values.dtype == np.uint16:
            writer.add_tensor(gguf_name(name), values.view(np.uint8), raw_dtype=gguf.GGMLQuantizationType.BF16)
        else:
            writer.add_tensor(gguf_name(name), values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(SEED)
    for architecture in ["llama", "qwen2"]:
        tensors = weights(architecture, generator)
        if architecture == "llama":  # Norms stay Float32, as GGUF has them.
            tensors = {n: t if t.ndim == 1 else t.astype(np.float16) for n, t in tensors.items()}
        else:
            tensors = {name: bfloat16(values) for name, values in tensors.items()}
        write_directory(architecture, tensors)
        write_gguf(architecture, tensors)
    versions = {name: importlib.metadata.version(name) for name in ["gguf", "numpy", "safetensors"]}
    (FIXTURES / "tiny-models.json").write_text(json.dumps({"seed": SEED, "versions": versions}) + "\n")


main()
