"""A tiny model of `ModelsTests` in double precision with LoRA adapters of PEFT, as the golden scripts of training use
it."""

from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from double_precision import double_model

TESTS = Path(__file__).resolve().parents[2] / "Tests"
MODELS = TESTS / "ModelsTests" / "Fixtures"
FIXTURES = TESTS / "TrainingTests" / "Fixtures"
ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def plain_name(name: str) -> str:
    """A parameter's name as our files have it."""
    return name.removeprefix("base_model.model.").replace(".default", "").replace(".base_layer", "")


def base_model(name: str, as_transformers: bool = False) -> torch.nn.Module:
    """The model in float64 throughout, or as transformers itself computes it in whatever precision it is cast to."""
    if not as_transformers:
        return double_model(MODELS / name)
    return AutoModelForCausalLM.from_pretrained(MODELS / name, dtype=torch.float64, attn_implementation="eager").eval()


def adapted_model(
    name: str, lora: dict, random: np.random.Generator, b_spread: float, as_transformers: bool = False
) -> torch.nn.Module:
    """The model with adapters on all linear layers: A uniform in +-0.3, B in +-`b_spread`, each exact in float32."""
    model = base_model(name, as_transformers)
    config = LoraConfig(task_type="CAUSAL_LM", target_modules=ALL_LINEAR, lora_dropout=0.0, **lora)
    model = get_peft_model(model, config)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if "lora_" in name:
                spread = 0.3 if "lora_A" in name else b_spread
                values = random.uniform(-spread, spread, parameter.shape).astype(np.float32)
                parameter.copy_(torch.from_numpy(values).double())
    return model.double().eval()


def trained(model: torch.nn.Module) -> list[tuple[str, torch.nn.Parameter]]:
    """What is trained, in the model's order, under the names of our files."""
    return [(plain_name(name), parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]


def snapshot(model: torch.nn.Module, prefix: str) -> dict[str, torch.Tensor]:
    """What is trained, in float32, for a safetensors file."""
    return {prefix + name: parameter.detach().float().clone() for name, parameter in trained(model)}


def log_softmax_rows(model: torch.nn.Module, tokens: list[int], positions: list[int]) -> torch.Tensor:
    """[positions, vocabulary]: log probabilities of the token at each position, given those before it."""
    logits = model(torch.tensor([tokens])).logits[0]
    # Never in less than float32, as transformers computes its own losses.
    precision = torch.promote_types(logits.dtype, torch.float32)
    return torch.log_softmax(logits, dim=-1, dtype=precision)[[position - 1 for position in positions]]
