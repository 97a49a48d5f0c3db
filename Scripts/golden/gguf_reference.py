"""Reads a GGUF file into the reference implementations: transformers in fp32, and the tokenizers library.

Every weight is dequantised to fp32 by the gguf package, so what is compared is the forward pass, not the rounding of
weights. Architectures: llama and qwen2, without RoPE scaling.
"""

from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

# GGUF's tokenizer.ggml.token_type: control tokens are special; user-defined ones are added but not special.
CONTROL, USER_DEFINED = int(gguf.TokenType.CONTROL), int(gguf.TokenType.USER_DEFINED)
QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
NAMES = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}  # fmt: skip
WHOLE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


class GGUFReference:
    """One GGUF file, its metadata, and what the reference implementations make of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reader = gguf.GGUFReader(path)
        self.architecture = str(self.value("general.architecture"))
        if self.architecture not in ("llama", "qwen2"):
            raise SystemExit(f"{path}: architecture {self.architecture} is neither llama nor qwen2")

    def value(self, key: str, default: object = None) -> object:
        """A metadata value, or `default`; `{arch}` in the key stands for the architecture."""
        if "{arch}" in key:
            key = key.format(arch=self.architecture)
        field = self.reader.fields.get(key)
        return default if field is None else field.contents()

    def tensor_types(self) -> dict[str, int]:
        """How many tensors the file has of each type."""
        counts: dict[str, int] = {}
        for tensor in self.reader.tensors:
            counts[tensor.tensor_type.name] = counts.get(tensor.tensor_type.name, 0) + 1
        return dict(sorted(counts.items()))

    def model(self) -> PreTrainedModel:
        """The model in fp32 with eager attention, every weight loaded and none left random."""
        tied = all(tensor.name != "output.weight" for tensor in self.reader.tensors)
        heads = self.value("{arch}.attention.head_count")
        settings = {
            "vocab_size": len(self.value("tokenizer.ggml.tokens")),
            "hidden_size": self.value("{arch}.embedding_length"),
            "intermediate_size": self.value("{arch}.feed_forward_length"),
            "num_hidden_layers": self.value("{arch}.block_count"),
            "num_attention_heads": heads,
            "num_key_value_heads": self.value("{arch}.attention.head_count_kv", heads),
            "max_position_embeddings": self.value("{arch}.context_length"),
            "rms_norm_eps": self.value("{arch}.attention.layer_norm_rms_epsilon"),
            "rope_parameters": {"rope_type": "default", "rope_theta": self.value("{arch}.rope.freq_base", 10000.0)},
            "tie_word_embeddings": tied,
            "attn_implementation": "eager",
            "dtype": torch.float32,
        }
        if self.architecture == "llama":
            model = LlamaForCausalLM(LlamaConfig(**settings))
        else:
            model = Qwen2ForCausalLM(Qwen2Config(**settings))
        weights = self._weights()
        if tied:
            weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
        model.load_state_dict(weights, strict=True, assign=True)
        model.tie_weights()
        return model.eval()

    def _weights(self) -> dict[str, torch.Tensor]:
        """Every tensor, dequantised, in Hugging Face names and row order."""
        heads = int(self.value("{arch}.attention.head_count"))
        kv_heads = int(self.value("{arch}.attention.head_count_kv", heads))
        weights = {}
        for tensor in self.reader.tensors:
            values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
            stem, kind = tensor.name.rsplit(".", 1)
            if stem in WHOLE:
                name = f"{WHOLE[stem]}.{kind}"
            elif stem.startswith("blk."):
                layer, part = stem.removeprefix("blk.").split(".", 1)
                name = f"model.layers.{layer}.{NAMES[part]}.{kind}"
            else:
                raise SystemExit(f"{self.path}: no place for tensor {tensor.name}")
            if self.architecture == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
                values = deinterleave(values, heads if "q_proj" in name else kv_heads)
            weights[name] = torch.from_numpy(np.array(values, copy=True))
        return weights

    def tokenizer(self) -> Tokenizer:
        """The file's byte-level BPE; control and user-defined tokens are added tokens."""
        tokens, kinds = self.value("tokenizer.ggml.tokens"), self.value("tokenizer.ggml.token_type")
        merges = [tuple(merge.split(" ", 1)) for merge in self.value("tokenizer.ggml.merges")]
        vocab = {token: index for index, token in enumerate(tokens)}
        tokenizer = Tokenizer(models.BPE(vocab, merges))
        flavour = self.value("tokenizer.ggml.pre")
        if flavour == "smollm":
            steps = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        elif flavour == "qwen2":
            tokenizer.normalizer = normalizers.NFC()
            steps = [
                pre_tokenizers.Split(Regex(QWEN2_SPLIT), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        else:
            raise SystemExit(f"{self.path}: pre-tokenizer {flavour} is neither smollm nor qwen2")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
        tokenizer.decoder = decoders.ByteLevel()
        for kind, special in ((CONTROL, True), (USER_DEFINED, False)):
            named = [token for token, its_kind in zip(tokens, kinds, strict=True) if its_kind == kind]
            added = [AddedToken(token, special=special, normalized=False) for token in named]
            (tokenizer.add_special_tokens if special else tokenizer.add_tokens)(added)
        assert tokenizer.get_vocab_size() == len(tokens)
        return tokenizer


def deinterleave(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a query or key projection from GGUF llama order back to Hugging Face order.

    In a head of d rows, GGUF's row 2i is Hugging Face's row i, and its row 2i + 1 is row i + d/2.
    """
    by_head = weight.reshape(heads, -1, weight.shape[1])
    return np.concatenate([by_head[:, 0::2], by_head[:, 1::2]], axis=1).reshape(weight.shape)
