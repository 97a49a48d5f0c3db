#!/usr/bin/env python3
"""Makes tiny random models and records what transformers computes with them, in fp32 with eager attention.

Each model is a directory in Hugging Face layout plus
  expected.json        token ids of the sequences, where their logits stand, versions, seed;
  expected-logits.bin  raw little-endian float32, [sum of lengths, vocab] row-major, sequences one after another.
`tiny-llama.gguf` holds the weights of `tiny-llama` in GGUF layout (F32), so that both loaders can be compared.

Weights come from NumPy's PCG64, not from torch, so the same seed gives the same bytes whatever torch is installed.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from provenance import versions, write_bytes, write_json

FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"
# 1: no attention to the past. 7: less than a block. 33: one more than two blocks of 16. 70: past a 64 wide tile.
LENGTHS = (1, 7, 33, 70)
# Largest difference between two fp32 runs of the same weights that `--check` accepts; Swift's tests use 1e-4.
CHECK_TOLERANCE = 1e-5


@dataclasses.dataclass(frozen=True)
class TinyModel:
    """A model to make: its `config.json`, the seed of its weights, and how they are stored."""

    name: str
    config: dict
    weight_seed: int
    token_seed: int
    dtype: torch.dtype = torch.float32
    sharded: bool = False

    @property
    def head_dim(self) -> int:
        return self.config.get("head_dim") or self.config["hidden_size"] // self.config["num_attention_heads"]

    @property
    def biased(self) -> bool:
        return self.config["model_type"] == "qwen2"


LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "float32", "vocab_size": 96,
    "hidden_size": 32, "intermediate_size": 72, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "rope_scaling": None, "hidden_act": "silu", "tie_word_embeddings": True, "attention_bias": False,
    "mlp_bias": False, "bos_token_id": 0, "eos_token_id": 0,
}  # fmt: skip

# Odd sizes everywhere; headDim is not hidden / heads; the wavelengths of the 8 frequencies (6.3, 19.9, 62.8, …) fall
# into all three bands of the llama3 scaling: below 32/4 kept, between blended, above 32/1 divided by 8.
LLAMA3_ROPE = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "float32", "vocab_size": 101,
    "hidden_size": 30, "intermediate_size": 70, "num_hidden_layers": 2, "num_attention_heads": 6,
    "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 256, "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0,
    "rope_scaling": {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32,
    },
    "hidden_act": "silu", "tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False,
    "bos_token_id": 0, "eos_token_id": [1, 2],
}  # fmt: skip

QWEN2 = {
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "torch_dtype": "float32", "vocab_size": 96,
    "hidden_size": 32, "intermediate_size": 72, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 256, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
    "hidden_act": "silu", "tie_word_embeddings": False, "sliding_window": 32, "use_sliding_window": False,
    "max_window_layers": 2, "bos_token_id": 0, "eos_token_id": 0,
}  # fmt: skip

# The same model as transformers 5 spells a configuration: `dtype`, and RoPE in `rope_parameters`.
QWEN2_SHARDED = {
    **{key: value for key, value in QWEN2.items() if key not in ("torch_dtype", "rope_theta")},
    "dtype": "bfloat16",
    "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0},
}

MODELS = (
    TinyModel("tiny-llama", LLAMA, weight_seed=101, token_seed=201),
    TinyModel("tiny-llama3-rope", LLAMA3_ROPE, weight_seed=102, token_seed=202),
    TinyModel("tiny-qwen2", QWEN2, weight_seed=103, token_seed=203),
    TinyModel("tiny-qwen2-sharded", QWEN2_SHARDED, 103, 203, dtype=torch.bfloat16, sharded=True),
)


def tensor_shapes(model: TinyModel) -> dict[str, tuple[int, ...]]:
    """Names and shapes in Hugging Face layout, in the order their values are drawn."""
    config, width = model.config, model.config["hidden_size"]
    queries = config["num_attention_heads"] * model.head_dim
    keys = config["num_key_value_heads"] * model.head_dim
    inner = config["intermediate_size"]
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], width)}
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        shapes[prefix + "input_layernorm.weight"] = (width,)
        for part, rows in (("q", queries), ("k", keys), ("v", keys)):
            shapes[f"{prefix}self_attn.{part}_proj.weight"] = (rows, width)
            if model.biased:
                shapes[f"{prefix}self_attn.{part}_proj.bias"] = (rows,)
        shapes[prefix + "self_attn.o_proj.weight"] = (width, queries)
        shapes[prefix + "post_attention_layernorm.weight"] = (width,)
        shapes[prefix + "mlp.gate_proj.weight"] = (inner, width)
        shapes[prefix + "mlp.up_proj.weight"] = (inner, width)
        shapes[prefix + "mlp.down_proj.weight"] = (width, inner)
    shapes["model.norm.weight"] = (width,)
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (config["vocab_size"], width)
    return shapes


def draw_weights(model: TinyModel) -> dict[str, torch.Tensor]:
    """Random weights, large enough that attention is peaked and logits spread; norms lie around 1."""
    random = np.random.Generator(np.random.PCG64(model.weight_seed))
    weights = {}
    for name, shape in tensor_shapes(model).items():
        values = random.standard_normal(shape, dtype=np.float32)
        if name.endswith("norm.weight"):
            values = np.float32(1) + np.float32(0.2) * values
        elif name.endswith(".bias"):
            values = np.float32(0.5) * values
        else:
            values = np.float32(0.25) * values
        weights[name] = torch.from_numpy(values).to(model.dtype)
    return weights


def write_weights(directory: Path, weights: dict[str, torch.Tensor], sharded: bool) -> None:
    """Writes `model.safetensors`, or two shards of about equal size with their index."""
    if not sharded:
        save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
        return
    total = sum(tensor.nbytes for tensor in weights.values())
    shards: list[dict[str, torch.Tensor]] = [{}, {}]
    written = 0
    for name, tensor in weights.items():
        shards[0 if written < total // 2 else 1][name] = tensor
        written += tensor.nbytes
    weight_map = {}
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        save_file(shard, directory / file, metadata={"format": "pt"})
        weight_map.update({name: file for name in shard})
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}
    write_json(directory / "model.safetensors.index.json", index, indent=2)


def write_expected(directory: Path, model: TinyModel) -> None:
    """Loads the directory as any user of transformers would, and records the logits at every position."""
    random = np.random.Generator(np.random.PCG64(model.token_seed))
    vocab = model.config["vocab_size"]
    sequences = [random.integers(0, vocab, size=length).tolist() for length in LENGTHS]
    logits, drift = [], 0.0
    single = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()
    double = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float64, attn_implementation="eager").eval()
    with torch.inference_mode():
        for tokens in sequences:
            row = single(torch.tensor([tokens])).logits[0]
            logits.append(row.numpy().astype("<f4"))
            drift = max(drift, (double(torch.tensor([tokens])).logits[0] - row).abs().max().item())
    rows = np.concatenate(logits)
    write_bytes(directory / "expected-logits.bin", rows.tobytes())
    firsts = np.cumsum([0, *LENGTHS])[:-1].tolist()
    expected = {
        "made_by": "Scripts/golden/tiny_models.py",
        "versions": versions("torch", "transformers", "numpy", "safetensors"),
        "weight_seed": model.weight_seed,
        "token_seed": model.token_seed,
        "compute": {"dtype": "float32", "attention": "eager"},
        # The reference's own rounding: how far its fp32 logits lie from the same model run in fp64.
        "max_abs_difference_from_float64": float(f"{drift:.3g}"),
        "logit_standard_deviation": float(f"{rows.std():.4g}"),
        "logits": {"file": "expected-logits.bin", "dtype": "float32-le", "shape": list(rows.shape)},
        "sequences": [{"tokens": tokens, "first_row": first} for tokens, first in zip(sequences, firsts, strict=True)],
    }
    write_json(directory / "expected.json", expected)


def interleave(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a query or key projection from Hugging Face order to GGUF llama order.

    Hugging Face rotates the pair (i, i + d/2) of a head, GGUF's llama rotates (2i, 2i + 1): row 2i of the result is
    row i of the head, row 2i + 1 is row i + d/2.
    """
    rows, columns = weight.shape
    half = rows // heads // 2
    result = np.empty_like(weight)
    for head in range(heads):
        start = head * 2 * half
        for i in range(half):
            result[start + 2 * i] = weight[start + i]
            result[start + 2 * i + 1] = weight[start + half + i]
    assert result.shape == (rows, columns)
    return result


def gguf_name(name: str) -> str:
    """The GGUF name of a Hugging Face tensor."""
    parts = {
        "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
        "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    }  # fmt: skip
    whole = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    stem, kind = name.rsplit(".", 1)
    if stem in whole:
        return f"{whole[stem]}.{kind}"
    layer, part = stem.removeprefix("model.layers.").split(".", 1)
    return f"blk.{layer}.{parts[part]}.{kind}"


def write_gguf(path: Path, model: TinyModel) -> None:
    """The weights of a llama model as GGUF v3, F32, with a vocabulary of single printable bytes."""
    config = model.config
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    partial = path.with_name(path.name + ".partial")
    writer = gguf.GGUFWriter(partial, "llama")
    writer.add_name(model.name)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_rope_dimension_count(model.head_dim)
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    # One control token, the space as byte-level BPE spells it, and the 94 visible ASCII characters.
    tokens = ["<|endoftext|>", "\u0120"] + [chr(code) for code in range(33, 127)]
    assert len(tokens) == config["vocab_size"]
    kinds = [gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (len(tokens) - 1)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    for name, tensor in draw_weights(model).items():
        values = tensor.numpy()
        if name.endswith("q_proj.weight"):
            values = interleave(values, heads)
        elif name.endswith("k_proj.weight"):
            values = interleave(values, kv_heads)
        writer.add_tensor(gguf_name(name), values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(path)


def make(root: Path) -> None:
    """Writes every model and its expected logits under `root`."""
    for model in MODELS:
        directory = root / model.name
        directory.mkdir(parents=True, exist_ok=True)
        write_json(directory / "config.json", model.config, indent=2)
        write_weights(directory, draw_weights(model), model.sharded)
        write_expected(directory, model)
    write_gguf(root / "tiny-llama.gguf", MODELS[0])


def check(root: Path) -> int:
    """Makes everything again in a temporary directory and compares: weights byte for byte, logits within tolerance."""
    faults = 0
    with tempfile.TemporaryDirectory() as made:
        make(Path(made))
        for path in sorted(Path(made).rglob("*")):
            if path.is_dir():
                continue
            relative = path.relative_to(made)
            kept, fresh = (root / relative).read_bytes(), path.read_bytes()
            if kept == fresh:
                print(f"same bytes   {relative}")
            elif path.name == "expected-logits.bin" and len(kept) == len(fresh):
                difference = np.abs(np.frombuffer(kept, "<f4") - np.frombuffer(fresh, "<f4")).max()
                faults += difference > CHECK_TOLERANCE
                print(f"differs by {difference:.2g} (at most {CHECK_TOLERANCE:g} is fine)   {relative}")
            elif path.name == "expected.json":
                same = [json.loads(text)["sequences"] for text in (kept, fresh)]
                faults += same[0] != same[1]
                print(f"versions or figures differ, tokens {'same' if same[0] == same[1] else 'DIFFER'}   {relative}")
            else:
                faults += 1
                print(f"DIFFERS   {relative}")
    return 1 if faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FIXTURES, help="directory to write (default: the test fixtures)")
    parser.add_argument("--check", action="store_true", help="compare with what is there instead of writing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.check:
        return check(arguments.output)
    make(arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
