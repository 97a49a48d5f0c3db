#!/usr/bin/env python3
"""Makes random LoRA adapters for the tiny models with PEFT, and records what PEFT computes with them, unmerged, in fp32.

Each adapter is a directory as PEFT saves it, plus
  expected.json        token ids, the model it belongs to, versions, seed;
  expected-logits.bin  raw little-endian float32, [tokens, vocab] row-major.

Values come from NumPy's PCG64, B's too, so that the adapter changes the logits from the start.
"""

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from provenance import versions, write_bytes, write_json

FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"
# Past two blocks of 16 and one more.
LENGTH = 33
# Largest difference between two fp32 runs that `--check` accepts; Swift's tests use 1e-4.
CHECK_TOLERANCE = 1e-5
ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclasses.dataclass(frozen=True)
class TinyAdapter:
    """An adapter to make: its model, its configuration, the seed of its values, and how they are stored."""

    name: str
    model: str
    config: dict
    seed: int
    dtype: torch.dtype = torch.float32


ADAPTERS = (
    TinyAdapter(
        "tiny-llama-lora", "tiny-llama",
        {"r": 4, "lora_alpha": 6, "lora_dropout": 0.05, "target_modules": ["q_proj", "v_proj", "down_proj"]}, seed=301,
    ),
    TinyAdapter(
        "tiny-qwen2-lora", "tiny-qwen2",
        {"r": 5, "lora_alpha": 4, "use_rslora": True, "target_modules": ALL_LINEAR}, seed=302, dtype=torch.bfloat16,
    ),
)  # fmt: skip


def make(adapter: TinyAdapter, directory: Path) -> None:
    """Writes one adapter and what PEFT computes with it."""
    random = np.random.Generator(np.random.PCG64(adapter.seed))
    base = AutoModelForCausalLM.from_pretrained(
        FIXTURES / adapter.model, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    vocab = base.config.vocab_size
    tokens = random.integers(0, vocab, size=LENGTH).tolist()
    with torch.inference_mode():
        plain = base(torch.tensor([tokens])).logits[0]
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **adapter.config)).eval()
    model.peft_config["default"].base_model_name_or_path = adapter.model
    for name, parameter in sorted(model.named_parameters()):
        if "lora_" in name:
            values = np.float32(0.2) * random.standard_normal(tuple(parameter.shape), dtype=np.float32)
            # Rounded to the stored type, kept in float32: the reference computes with what the file holds.
            parameter.data = torch.from_numpy(values).to(adapter.dtype).to(torch.float32)
    with torch.inference_mode():
        logits = model(torch.tensor([tokens])).logits[0]
    if adapter.dtype != torch.float32:
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.data = parameter.data.to(adapter.dtype)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, save_embedding_layers=False)
        directory.mkdir(parents=True, exist_ok=True)
        for file in ("adapter_config.json", "adapter_model.safetensors"):
            write_bytes(directory / file, (Path(folder) / file).read_bytes())
    write_bytes(directory / "expected-logits.bin", logits.numpy().astype("<f4").tobytes())
    expected = {
        "made_by": "Scripts/golden/tiny_adapters.py",
        "versions": versions("torch", "transformers", "peft", "numpy", "safetensors"),
        "model": adapter.model,
        "seed": adapter.seed,
        "compute": {"dtype": "float32", "attention": "eager", "merged": False},
        # How far the adapter moves the logits: a reader that ignored it would be this far off.
        "max_abs_change": float(f"{(logits - plain).abs().max().item():.4g}"),
        "logits": {"file": "expected-logits.bin", "dtype": "float32-le", "shape": list(logits.shape)},
        "tokens": tokens,
    }
    write_json(directory / "expected.json", expected)


def check(adapter: TinyAdapter, made: Path) -> float:
    """Compares what was made with what is committed: values to the byte, logits within the tolerance."""
    committed = FIXTURES / adapter.name
    file = "adapter_model.safetensors"
    if (made / file).read_bytes() != (committed / file).read_bytes():
        sys.exit(f"{adapter.name}/{file} differs from what is committed")
    pair = [np.frombuffer((folder / "expected-logits.bin").read_bytes(), dtype="<f4") for folder in (made, committed)]
    return float(np.abs(pair[0] - pair[1]).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed fixtures, write nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for adapter in ADAPTERS:
        if not arguments.check:
            make(adapter, FIXTURES / adapter.name)
            continue
        with tempfile.TemporaryDirectory() as folder:
            make(adapter, Path(folder))
            difference = check(adapter, Path(folder))
        print(f"{adapter.name}: logits within {difference:.2g}")
        if difference > CHECK_TOLERANCE:
            sys.exit(1)


if __name__ == "__main__":
    main()
