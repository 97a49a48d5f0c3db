#!/usr/bin/env python3
"""Records six steps of PyTorch's AdamW in float64, for `TrainingTests`.

LoRA on all linear layers of tiny-llama (B = 0 at first), two micro-batches a step with different numbers of targets;
the loss is the mean over the targets of the whole step. The rate climbs for two steps, then falls along a cosine to a
tenth of its peak; weights decay; the gradient's norm is clipped at a value that some steps exceed and some do not.

  optimiser-trajectory.json         settings, micro-batches, and of each step: loss, rate, norm before clipping
  optimiser-trajectory.safetensors  "step.N.PARAMETER" in float32: the values after N steps, N = 0...6
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from transformers import get_cosine_with_min_lr_schedule_with_warmup

from adapted_model import FIXTURES, adapted_model, log_softmax_rows, snapshot, trained
from provenance import versions, write_bytes, write_json

MODEL = "tiny-llama"
SEED = 406
LORA = {"r": 4, "lora_alpha": 8}
STEPS = 6
SCHEDULE = {"peak": 0.01, "warmup_steps": 2, "total_steps": STEPS, "floor_share": 0.1}
ADAM = {"beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weight_decay": 0.1}
# Between the norms of the run; `main` checks that it is.
GRADIENT_NORM_MAX = 3.78
# Lengths of the sequences of each micro-batch.
LENGTHS = ((21, 13), (34, 9))


def rates() -> list[float]:
    """The rate of each step. Behind the warm-up transformers has the same curve, so it draws it."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=SCHEDULE["peak"])
    scheduler = get_cosine_with_min_lr_schedule_with_warmup(
        optimiser, SCHEDULE["warmup_steps"], STEPS, min_lr_rate=SCHEDULE["floor_share"]
    )
    found = []
    for step in range(STEPS):
        # Its warm-up begins at a rate of zero, ours one step later.
        climbing = SCHEDULE["peak"] * (step + 1) / SCHEDULE["warmup_steps"]
        found.append(climbing if step < SCHEDULE["warmup_steps"] else scheduler.get_last_lr()[0])
        optimiser.step()
        scheduler.step()
    return found


def micro_batches(vocabulary: int, random: np.random.Generator) -> list[list[dict]]:
    """The micro-batches of one step, of random tokens."""
    batches = []
    for lengths in LENGTHS:
        batch = []
        for length in lengths:
            positions = np.sort(random.choice(np.arange(1, length), length * 2 // 3, replace=False))
            batch.append({
                "tokens": random.integers(0, vocabulary, length).tolist(), "target_positions": positions.tolist(),
            })  # fmt: skip
        batches.append(batch)
    return batches


def step_loss(model: torch.nn.Module, batches: list[list[dict]]) -> float:
    """Adds the gradients of a step, micro-batch by micro-batch."""
    targets = sum(len(sequence["target_positions"]) for batch in batches for sequence in batch)
    total = 0.0
    for batch in batches:
        loss = 0.0
        for sequence in batch:
            positions = sequence["target_positions"]
            rows = log_softmax_rows(model, sequence["tokens"], positions)
            tokens = torch.tensor([sequence["tokens"][position] for position in positions])
            loss = loss + torch.nn.functional.nll_loss(rows, tokens, reduction="sum") / targets
        loss.backward()
        total += loss.item()
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FIXTURES, help="where the fixture goes")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    random = np.random.Generator(np.random.PCG64(SEED))
    model = adapted_model(MODEL, LORA, random, b_spread=0.0)
    parameters = [parameter for _, parameter in trained(model)]
    optimiser = torch.optim.AdamW(
        parameters, betas=(ADAM["beta1"], ADAM["beta2"]), eps=ADAM["epsilon"], weight_decay=ADAM["weight_decay"]
    )
    tensors = snapshot(model, "step.0.")
    steps = []
    for index, rate in enumerate(rates()):
        batches = micro_batches(model.config.vocab_size, random)
        optimiser.param_groups[0]["lr"] = rate
        optimiser.zero_grad()
        loss = step_loss(model, batches)
        norm = torch.nn.utils.clip_grad_norm_(parameters, GRADIENT_NORM_MAX).item()
        optimiser.step()
        tensors |= snapshot(model, f"step.{index + 1}.")
        steps.append({"loss": loss, "learning_rate": rate, "gradient_norm": norm, "micro_batches": batches})
        print(f"step {index + 1}: loss {loss:.4f}, rate {rate:.5f}, norm {norm:.4f}")
    clipped = [step["gradient_norm"] > GRADIENT_NORM_MAX for step in steps]
    assert any(clipped) and not all(clipped), "the clip has to hold some steps and leave others"
    write_bytes(arguments.output / "optimiser-trajectory.safetensors", save(tensors))
    write_json(
        arguments.output / "optimiser-trajectory.json",
        {
            "model": MODEL, "lora": LORA, "seed": SEED, "schedule": SCHEDULE, "optimiser": ADAM,
            "gradient_norm_max": GRADIENT_NORM_MAX, "steps": steps,
            "versions": versions("torch", "transformers", "peft", "numpy", "safetensors"),
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
