#!/usr/bin/env python3
"""Records losses and gradients of the tiny models as PyTorch computes them in float64, for `TrainingTests`.

For each case two sequences, targets at some positions, a weight for each target:
  loss = sum(weight * -log p(target)).
Cases: every weight trained, for each architecture; LoRA on all linear layers by PEFT, with random A and B.

A case is two files:
  NAME.json         sequences, target positions, weights, loss, log probabilities, entropies, versions, seed;
  NAME.safetensors  "gradient.PARAMETER" in float32, and for LoRA "value.PARAMETER" too. Names are those of Hugging
                    Face's models and of PEFT, without "base_model.model." and ".default".
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save
from transformers import AutoModelForCausalLM

from provenance import versions, write_bytes, write_json

TESTS = Path(__file__).resolve().parents[2] / "Tests"
MODELS = TESTS / "ModelsTests" / "Fixtures"
FIXTURES = TESTS / "TrainingTests" / "Fixtures"
ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
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


def plain_name(name: str) -> str:
    """A parameter's name as our files have it."""
    return name.removeprefix("base_model.model.").replace(".default", "").replace(".base_layer", "")


def load(case: Case, random: np.random.Generator) -> torch.nn.Module:
    """The model in double precision, with random adapters where the case has any."""
    model = AutoModelForCausalLM.from_pretrained(MODELS / case.model, dtype=torch.float64, attn_implementation="eager")
    if case.lora:
        config = LoraConfig(task_type="CAUSAL_LM", target_modules=ALL_LINEAR, lora_dropout=0.0, **case.lora)
        model = get_peft_model(model, config)
        with torch.no_grad():
            for name, parameter in sorted(model.named_parameters()):
                if "lora_" in name:
                    values = random.uniform(-0.3, 0.3, parameter.shape).astype(np.float32)
                    parameter.copy_(torch.from_numpy(values).double())
    return model.double().eval()


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
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            tensors["gradient." + plain_name(name)] = parameter.grad.float().contiguous()
            if case.lora:
                tensors["value." + plain_name(name)] = parameter.detach().float().contiguous()
    write_bytes(directory / f"{case.name}.safetensors", save(tensors))
    write_json(
        directory / f"{case.name}.json",
        {
            "model": case.model, "lora": case.lora, "seed": case.seed, "loss": loss.item(), "sequences": sequences,
            "versions": versions("torch", "transformers", "peft", "numpy", "safetensors"),
        },
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FIXTURES, help="where the fixtures go")
    arguments = parser.parse_args()
    for case in CASES:
        make(case, arguments.output)
        print(case.name)


if __name__ == "__main__":
    main()
