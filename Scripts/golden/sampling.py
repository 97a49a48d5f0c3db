#!/usr/bin/env python3
"""Records the distributions a sampler must draw from: transformers' warpers on fixed logits, renormalised.

Order: temperature, top-k, top-p, min-p, as transformers applies them; each sees what the one before left. Computed in
float64. Every recorded case keeps the same tokens when its limits move by 2e-5, and none keeps one of two equal
tokens, so float32 must keep the same.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from provenance import versions, write_json

FIXTURE = Path(__file__).resolve().parents[2] / "Tests" / "EngineTests" / "Fixtures" / "sampling.json"
SIZE, SEED, SLACK = 50, 301, 2e-5
# Dividing logits of about 100 by the temperature in float32 costs up to 1e-5 of a probability, and no more.
TOLERANCE = 1e-5
# (temperature, top_k, top_p, min_p); 0, 1 and 0 switch the last three off.
SETTINGS = (
    (1.0, 0, 1.0, 0.0),
    (0.7, 0, 1.0, 0.0),
    (1.8, 0, 1.0, 0.0),
    (1.0, 1, 1.0, 0.0),
    (1.0, 5, 1.0, 0.0),
    (1.0, 80, 1.0, 0.0),
    (1.0, 0, 0.9, 0.0),
    (1.0, 0, 0.05, 0.0),
    (1.0, 0, 1.0, 0.1),
    (1.0, 0, 1.0, 1.0),
    (0.6, 20, 0.95, 0.0),
    (1.5, 10, 0.8, 0.05),
    (0.8, 40, 0.92, 0.08),
    (2.5, 12, 1.0, 0.3),
)


def logit_vectors() -> dict[str, list[float]]:
    """Named logits, multiples of 1/4096, so that float32 and JSON both hold them exactly.

    `shifted` overflows an exponential of float32 unless the maximum is subtracted first.
    """
    random = np.random.Generator(np.random.PCG64(SEED))
    spread = random.normal(0, 3, SIZE)
    peaked = random.normal(0, 1, SIZE)
    peaked[17] += 12
    shifted = random.normal(0, 2, SIZE) + 100
    nearly_flat = random.normal(0, 0.05, SIZE)
    masked = random.normal(0, 2, SIZE)
    masked[random.permutation(SIZE)[:30]] = -1e9
    named = {"spread": spread, "peaked": peaked, "shifted": shifted, "nearly_flat": nearly_flat, "masked": masked}
    return {name: [round(float(value) * 4096) / 4096 for value in values] for name, values in named.items()}


def tied_logits() -> list[float]:
    """Four equal logits at the places 3 to 6: a top-k of 5 cannot tell them apart, and transformers keeps them all."""
    values = [-i / 8 for i in range(SIZE)]
    values[7], values[21], values[11], values[30], values[44], values[2] = 4.0, 3.5, 2.0, 2.0, 2.0, 2.0
    return values


def distribution(logits: list[float], temperature: float, top_k: int, top_p: float, min_p: float) -> torch.Tensor:
    """Probabilities after all warpers, [SIZE] float64; a token that was filtered out has 0."""
    scores = torch.tensor([logits], dtype=torch.float64)
    warpers = [TemperatureLogitsWarper(temperature)]
    if top_k > 0:
        warpers.append(TopKLogitsWarper(top_k))
    if top_p < 1:
        warpers.append(TopPLogitsWarper(top_p))
    if min_p > 0:
        warpers.append(MinPLogitsWarper(min_p))
    for warper in warpers:
        scores = warper(None, scores)
    return scores.softmax(dim=-1)[0]


def near_a_limit(logits: list[float], temperature: float, top_k: int, top_p: float, min_p: float) -> bool:
    """Whether other tokens would be kept if top-p or min-p were a little larger or smaller, or of two equals one."""
    kept = set()
    for step in (-SLACK, 0.0, SLACK):
        p = top_p if top_p >= 1 else top_p + step
        m = min_p if min_p in (0.0, 1.0) else min_p + step
        kept.add(tuple(distribution(logits, temperature, top_k, p, m).nonzero()[:, 0].tolist()))
    last = min(logits[i] for i in min(kept))
    return len(kept) > 1 or any(logit == last and i not in min(kept) for i, logit in enumerate(logits))


def case(name: str, logits: list[float], settings: tuple[float, int, float, float]) -> dict:
    """One case as JSON: the settings, the tokens kept in ascending order, and their probabilities."""
    if near_a_limit(logits, *settings):
        raise SystemExit(f"{name} {settings}: too near a limit to be a fixture")
    probabilities = distribution(logits, *settings)
    kept = probabilities.nonzero()[:, 0].tolist()
    return {
        "logits": name,
        **dict(zip(("temperature", "top_k", "top_p", "min_p"), settings, strict=True)),
        "kept": kept,
        "probabilities": [float(f"{probabilities[i].item():.9g}") for i in kept],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FIXTURE, help="JSON file to write (default: the test fixture)")
    arguments = parser.parse_args()
    vectors = logit_vectors()
    cases = [case(name, logits, settings) for name, logits in vectors.items() for settings in SETTINGS]
    vectors["tied"] = tied_logits()
    cases += [case("tied", vectors["tied"], settings) for settings in ((1.0, 5, 1.0, 0.0), (1.0, 2, 1.0, 0.0))]
    write_json(
        arguments.output,
        {
            "made_by": "Scripts/golden/sampling.py",
            "versions": versions("torch", "transformers", "numpy"),
            "seed": SEED,
            "tolerance": TOLERANCE,
            "order": ["temperature", "top_k", "top_p", "min_p"],
            "off": {"top_k": 0, "top_p": 1, "min_p": 0},
            "logits": vectors,
            "cases": cases,
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
