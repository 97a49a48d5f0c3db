"""A transformers model that computes in float64 throughout.

Loading a model in float64 is not enough: its norms, the softmax of its eager attention and the tables of its rotary
embedding go through float32 all the same, which leaves gradients right to 1e-6 and not to the last bit of float32.
"""

from pathlib import Path

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModelForCausalLM


class RotaryTables(torch.nn.Module):
    """Cosines and sines in float64. The angles stay products in float32, for these are the model's definition."""

    def __init__(self, rotary: torch.nn.Module):
        super().__init__()
        self.frequencies = rotary.inv_freq.float().tolist()
        self.scale = rotary.attention_scaling

    def forward(self, hidden: torch.Tensor, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        angles = (position_ids[..., None].float() * torch.tensor(self.frequencies, dtype=torch.float32)).double()
        angles = torch.cat((angles, angles), dim=-1)
        return angles.cos() * self.scale, angles.sin() * self.scale


class Float32Refusal(TorchDispatchMode):
    """Refuses operations on float32, but for those that make the angles of the rotary embedding."""

    ANGLES = ("aten._to_copy", "aten.lift_fresh", "aten.detach", "aten.mul", "aten.unsqueeze")

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        result = function(*arguments, **(keywords or {}))
        if isinstance(result, torch.Tensor) and result.dtype == torch.float32:
            angles = str(function).startswith(self.ANGLES) and not result.requires_grad
            assert angles, f"{function} of a model in float64 gave float32"
        return result


def double_model(directory: Path) -> torch.nn.Module:
    """The model of a directory, for evaluation; parameters have the names that transformers gives them.

    Throws where an operation of its forward pass gives float32, as one of a later transformers may.
    """
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float64, attn_implementation="sdpa").eval()
    for parent in list(model.modules()):
        for name, module in list(parent.named_children()):
            if type(module).__name__.endswith("RMSNorm"):
                norm = torch.nn.RMSNorm(module.weight.shape, eps=module.variance_epsilon, dtype=torch.float64)
                norm.weight = module.weight
                setattr(parent, name, norm)
            elif type(module).__name__.endswith("RotaryEmbedding"):
                setattr(parent, name, RotaryTables(module))
    with torch.no_grad(), Float32Refusal():
        model(torch.arange(5)[None])
    return model
