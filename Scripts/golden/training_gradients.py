#!/usr/bin/env python3
"""Records losses and gradients of the tiny models as PyTorch computes them in float64, for `TrainingTests`.

For each case two sequences, targets at some positions, a weight for each target:
  loss = sum(weight * -log p(target)).
Cases: every weight trained, for each architecture; LoRA on all linear layers by PEFT, with random A and B.

A case is two files:
  NAME.json         sequences, target positions, weights, loss, log probabilities, entropies, versions, seed;
  NAME.safetensors  "gradient.PARAMETER" in float32, and for LoRA "value.PARAMETER" too. Names are those of Hugging
                    Face's models and of PEFT, without "base_model.model." and ".default".

With LoRA the JSON also says how far PyTorch's own gradients lie from these in bfloat16, as a share of the norm of all
of them: with frozen weights in bfloat16, and with autocast.
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from adapted_model import FIXTURES, adapted_model, base_model, log_softmax_rows, trained
from provenance import versions, write_bytes, write_json

# Odd lengths, the second beyond one tile of attention.
LENGTHS = (19, 45)


@dataclasses.dataclass(frozen=True)
class Case:
    """A model, and what of it is trained."""

    name: str
    model: str
    seed: int
    lora: dict | None = None


CASES = (
    Case("tiny-llama-full", "tiny-llama", 401),
    Case("tiny-llama3-rope-full", "tiny-llama3-rope", 402),
    Case("tiny-qwen2-full", "tiny-qwen2", 403),
    Case("tiny-llama-lora", "tiny-llama", 404, {"r": 4, "lora_alpha": 8}),
    Case("tiny-qwen2-rslora", "tiny-qwen2", 405, {"r": 3, "lora_alpha": 5, "use_rslora": True}),
)


def load(case: Case, random: np.random.Generator, as_transformers: bool = False) -> torch.nn.Module:
    """The model in double precision, with random adapters where the case has any."""
    if case.lora:
        return adapted_model(case.model, case.lora, random, b_spread=0.3, as_transformers=as_transformers)
    return base_model(case.model, as_transformers)


def loss_of(model: torch.nn.Module, sequences: list[dict]) -> torch.Tensor:
    """The weighted sum over the recorded targets."""
    loss = 0.0
    for sequence in sequences:
        tokens, positions = sequence["tokens"], sequence["target_positions"]
        found = log_softmax_rows(model, tokens, positions)[range(len(positions)), [tokens[p] for p in positions]]
        loss = loss - (found * torch.tensor(sequence["weights"], dtype=found.dtype)).sum()
    return loss


def bfloat16_differences(case: Case, sequences: list[dict], expected: dict[str, torch.Tensor]) -> dict[str, float]:
    """What bfloat16 costs PyTorch."""
    differences = {}
    for way in ("frozen_weights", "autocast"):
        model = load(case, np.random.Generator(np.random.PCG64(case.seed)), as_transformers=True).float()
        if way == "frozen_weights":
            for parameter in model.parameters():
                parameter.data = parameter.data if parameter.requires_grad else parameter.data.bfloat16()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=way == "autocast"):
            loss_of(model, sequences).backward()
        pairs = [(value.grad.float(), expected["gradient." + name]) for name, value in trained(model)]
        error = sum((ours - theirs).square().sum() for ours, theirs in pairs)
        norm = sum(theirs.square().sum() for _, theirs in pairs)
        differences[way] = round((error / norm).sqrt().item(), 4)
    return differences


def make(case: Case, directory: Path) -> None:
    """Writes one case."""
    random = np.random.Generator(np.random.PCG64(case.seed))
    model = load(case, random)
    vocabulary = model.config.vocab_size
    sequences, loss = [], 0.0
    for length in LENGTHS:
        tokens = random.integers(0, vocabulary, length)
        positions = sorted(random.choice(np.arange(1, length), length // 2, replace=False).tolist())
        weights = np.round(random.uniform(0.01, 0.1, len(positions)), 4)
        logits = model(torch.from_numpy(tokens)[None]).logits[0]
        distribution = torch.log_softmax(logits, dim=-1)
        rows = distribution[[position - 1 for position in positions]]
        found = rows[torch.arange(len(positions)), torch.from_numpy(tokens[positions])]
        entropies = -(rows.exp() * rows).sum(-1)
        loss = loss - (found * torch.from_numpy(weights)).sum()
        sequences.append({
            "tokens": tokens.tolist(), "target_positions": positions, "weights": weights.tolist(),
            "log_probabilities": found.tolist(), "entropies": entropies.tolist(),
        })  # fmt: skip
    loss.backward()
    tensors = {}
    for name, parameter in trained(model):
        tensors["gradient." + name] = parameter.grad.float().contiguous()
        if case.lora:
            tensors["value." + name] = parameter.detach().float().contiguous()
    write_bytes(directory / f"{case.name}.safetensors", save(tensors))
    record = {
        "model": case.model, "lora": case.lora, "seed": case.seed, "loss": loss.item(), "sequences": sequences,
        "versions": versions("torch", "transformers", "peft", "numpy", "safetensors"),
    }  # fmt: skip
    if case.lora:
        record["bfloat16_differences"] = bfloat16_differences(case, sequences, tensors)
    write_json(directory / f"{case.name}.json", record)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FIXTURES, help="where the fixtures go")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for case in CASES:
        make(case, arguments.output)
        print(case.name)


if __name__ == "__main__":
    main()
