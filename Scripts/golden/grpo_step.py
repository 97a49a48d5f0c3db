#!/usr/bin/env python3
"""Records one whole step of GRPO in float64, for `TrainingTests`.

LoRA on all linear layers of tiny-llama; two prompts with four completions each, of different lengths and random
tokens; rewards are given. What the papers write with policies is computed here from three of them: the one that is
trained, the same with slightly other adapters (the old policy, which drew the completions), and the base model without
adapters (the reference). Log probabilities of the engine that drew are the old ones plus noise.

With the ratio r = pi_theta / pi_old of a token, an advantage A of its completion, u = pi_ref / pi_theta:
  loss = -mean of [min(r A, clip(r, 1 - clip_low, 1 + clip_high) A) * w - kl_coefficient (u - ln u - 1)]
  mean: over completions of means over their tokens (averages_sequences), else over all tokens of the batch
  A = (reward - group's mean) / (group's sample deviation, n - 1 below, + advantage_epsilon), or without the divisor
  w = min(pi_old / pi_engine, importance_cap) where there is a cap, else 1; constants: w, pi_old, pi_ref

Presets:
  paper   Shao et al. 2024, arXiv 2402.03300, equations 3 and 4: advantages (r - mean) / std, a mean over completions
          of means over tokens, one clip range, Schulman's k3 estimate of the divergence
  paper_small_kl  the same with the paper's small coefficient of divergence, and another epsilon
  modern  Yu et al. 2025, arXiv 2503.14476: a mean over all tokens, more room above than below, no divergence;
          Liu et al. 2025, arXiv 2503.20783: advantages r - mean; each token's term times
          min(pi_old / pi_engine, 2), truncated importance sampling

  grpo-step.json         settings, tokens, rewards, log probabilities of the engine, the old and the reference policy;
                         of each preset: advantages, loss, ratios, shares clipped, divergence, entropy
  grpo-step.safetensors  "before.PARAMETER", and of each preset "PRESET.gradient.PARAMETER" and, after one step of
                         AdamW, "PRESET.after.PARAMETER"; in float32
"""

import argparse
import copy
import dataclasses
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from adapted_model import FIXTURES, adapted_model, log_softmax_rows, snapshot, trained
from provenance import versions, write_bytes, write_json

MODEL = "tiny-llama"
SEED = 407
LORA = {"r": 4, "lora_alpha": 8}
LEARNING_RATE = 1e-3
# How far the old policy's adapters and the engine's log probabilities lie from the trained ones.
OLD_SPREAD = 0.02
ENGINE_SPREAD = 0.5
PROMPT_LENGTHS = (17, 23)
# One of one token; the third of each group begins as the second does, so that they share more than the prompt.
COMPLETION_LENGTHS = ((9, 14, 20, 1), (12, 7, 16, 11))
ALIKE = 4
REWARDS = ((1.0, 0.0, 1.0, 0.25), (0.0, 0.0, 1.0, 0.0))


@dataclasses.dataclass(frozen=True)
class Preset:
    """What of the loss is chosen."""

    name: str
    clip_low: float
    clip_high: float
    kl_coefficient: float
    importance_cap: float | None
    scales_by_deviation: bool
    averages_sequences: bool
    # Added to a group's deviation; the scripts of others have 1e-4 or 1e-6.
    advantage_epsilon: float = 1e-6


PRESETS = (
    Preset("paper", 0.2, 0.2, 0.1, None, scales_by_deviation=True, averages_sequences=True),
    Preset("paper_small_kl", 0.2, 0.2, 1e-3, None, True, True, advantage_epsilon=1e-4),
    Preset("modern", 0.2, 0.28, 0.0, 2.0, scales_by_deviation=False, averages_sequences=False),
)


def completions(vocabulary: int, random: np.random.Generator) -> list[dict]:
    """Prompts and completions of random tokens, group by group."""
    found = []
    for group, (prompt_length, lengths) in enumerate(zip(PROMPT_LENGTHS, COMPLETION_LENGTHS)):
        prompt = random.integers(0, vocabulary, prompt_length).tolist()
        for index, length in enumerate(lengths):
            tokens = random.integers(0, vocabulary, length).tolist()
            if index == 2:
                tokens[:ALIKE] = found[-1]["completion"][:ALIKE]
            found.append({
                "group": group, "prompt": prompt, "completion": tokens, "reward": REWARDS[group][index],
            })  # fmt: skip
    return found


def scored(model: torch.nn.Module, items: list[dict]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Log probabilities of each completion's tokens, and entropies in nats."""
    log_probabilities, entropies = [], []
    for item in items:
        tokens = item["prompt"] + item["completion"]
        rows = log_softmax_rows(model, tokens, list(range(len(item["prompt"]), len(tokens))))
        log_probabilities.append(rows.gather(1, torch.tensor(item["completion"])[:, None])[:, 0])
        entropies.append(-(rows.exp() * rows).sum(-1).detach())
    return log_probabilities, entropies


def advantages(items: list[dict], preset: Preset) -> list[float]:
    """Each reward against its group's."""
    found = []
    for group in range(len(PROMPT_LENGTHS)):
        rewards = torch.tensor([item["reward"] for item in items if item["group"] == group], dtype=torch.float64)
        centred = rewards - rewards.mean()
        deviation = rewards.std() + preset.advantage_epsilon
        found += (centred / deviation if preset.scales_by_deviation else centred).tolist()
    return found


def step(
    model: torch.nn.Module, items: list[dict], known: dict[str, list[torch.Tensor]], preset: Preset
) -> tuple[dict, dict[str, torch.Tensor]]:
    """Loss, gradients and one update under a preset. `known` has what is constant: old, engine, reference."""
    model = copy.deepcopy(model)
    current, entropies = scored(model, items)
    group_advantages = advantages(items, preset)
    terms, ratios, divergences, low, high, capped = [], [], [], 0, 0, 0
    for index, advantage in enumerate(group_advantages):
        ratio = torch.exp(current[index] - known["old"][index])
        held = torch.clamp(ratio, 1 - preset.clip_low, 1 + preset.clip_high)
        surrogate = torch.minimum(ratio * advantage, held * advantage)
        if preset.importance_cap:
            importance = torch.exp(known["old"][index] - known["engine"][index])
            capped += int((importance > preset.importance_cap).sum())
            surrogate = surrogate * torch.clamp(importance, max=preset.importance_cap)
        # k3 of pi_theta from pi_ref: u - ln u - 1 with u = pi_ref / pi_theta.
        log_u = known["reference"][index] - current[index]
        divergence = torch.exp(log_u) - log_u - 1
        terms.append(surrogate - preset.kl_coefficient * divergence)
        low += int(((ratio < 1 - preset.clip_low) & (advantage < 0)).sum())
        high += int(((ratio > 1 + preset.clip_high) & (advantage > 0)).sum())
        ratios.append(ratio.tolist())
        divergences.append(divergence.detach())
    if preset.averages_sequences:
        loss = -torch.stack([term.mean() for term in terms]).mean()
    else:
        loss = -torch.cat(terms).mean()
    loss.backward()
    tensors = {f"{preset.name}.gradient.{name}": value.grad.float().clone() for name, value in trained(model)}
    optimiser = torch.optim.AdamW([value for _, value in trained(model)], lr=LEARNING_RATE, weight_decay=0.0)
    optimiser.step()
    tensors |= snapshot(model, f"{preset.name}.after.")
    tokens = sum(len(item["completion"]) for item in items)
    record = dataclasses.asdict(preset) | {
        "advantages": group_advantages, "loss": loss.item(), "ratios": ratios, "clipped_low_share": low / tokens,
        "clipped_high_share": high / tokens, "importance_capped_share": capped / tokens,
        "divergence_mean": torch.cat(divergences).mean().item(), "entropy_mean": torch.cat(entropies).mean().item(),
        "current": [values.tolist() for values in current],
    }  # fmt: skip
    return record, tensors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FIXTURES, help="where the fixture goes")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    random = np.random.Generator(np.random.PCG64(SEED))
    model = adapted_model(MODEL, LORA, random, b_spread=0.05)
    items = completions(model.config.vocab_size, random)
    old = copy.deepcopy(model)
    known = {}
    with torch.no_grad():
        for _, parameter in trained(old):
            parameter += torch.from_numpy(random.uniform(-OLD_SPREAD, OLD_SPREAD, parameter.shape))
        # Constants are what the fixture holds: exact in float32.
        known["old"] = [values.float().double() for values in scored(old, items)[0]]
        noise = [torch.from_numpy(random.normal(0, ENGINE_SPREAD, len(values))) for values in known["old"]]
        known["engine"] = [
            torch.clamp(values + other, max=0).float().double() for values, other in zip(known["old"], noise)
        ]
        with model.disable_adapter():
            known["reference"] = [values.float().double() for values in scored(model, items)[0]]
    for index, item in enumerate(items):
        item |= {name: values[index].tolist() for name, values in known.items()}
    tensors = snapshot(model, "before.")
    presets = []
    for preset in PRESETS:
        record, found = step(model, items, known, preset)
        presets.append(record)
        tensors |= found
        print({key: value for key, value in record.items() if not isinstance(value, list)})
        ratios = [ratio for row in record["ratios"] for ratio in row]
        edges = (1 - preset.clip_low, 1 + preset.clip_high)
        margin = min(abs(ratio - edge) for ratio in ratios for edge in edges)
        print(f"ratios {min(ratios):.3f} to {max(ratios):.3f}, nearest to an edge {margin:.1e}")
        assert record["clipped_low_share"] > 0 and record["clipped_high_share"] > 0, "clips have to bite"
        # A token this near would be on the other side of the edge in float32.
        assert margin > 1e-4
    write_bytes(arguments.output / "grpo-step.safetensors", save(tensors))
    write_json(
        arguments.output / "grpo-step.json",
        {
            "model": MODEL, "lora": LORA, "seed": SEED, "learning_rate": LEARNING_RATE, "completions": items,
            "presets": presets, "versions": versions("torch", "transformers", "peft", "numpy", "safetensors"),
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
