#!/usr/bin/env python3
"""Records what transformers (fp32, eager) says of real prompts, with the weights of a real GGUF file or of a Hugging
Face directory, such as `persrm export` writes, and if asked with a LoRA adapter that PEFT applies, unmerged.

Without --pairs the prompts are the ones in Scripts/golden/prompts, written for this project; the result may be
committed. With --pairs they are texts of somebody's corpus: write the result outside the repository.

For each prompt: token ids, the most likely next token and its margin over the second at every position, the
log-probability of each token given those before it, the five largest logits after the last, and a greedy continuation.
"""

import argparse
import gzip
import hashlib
import json
import sys
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from gguf_reference import GGUFReference
from provenance import versions, write_json

PROMPTS = Path(__file__).resolve().parent / "prompts"
# Positions whose logits are held at once: 128 x 151,936 x 4 bytes is 78 MB for Qwen2.5's vocabulary.
LOGIT_ROWS = 128


class DirectoryReference:
    """A Hugging Face directory, loaded as any user of transformers would load it."""

    def __init__(self, path: Path):
        self.path = path

    def model(self) -> PreTrainedModel:
        return AutoModelForCausalLM.from_pretrained(
            self.path, dtype=torch.float32, attn_implementation="eager"
        ).eval()

    def tokenizer(self) -> Tokenizer:
        return AutoTokenizer.from_pretrained(self.path).backend_tokenizer

    def facts(self) -> dict:
        digest = hashlib.sha256()
        for path in sorted(self.path.glob("*.safetensors")):
            digest.update(path.read_bytes())
        config = json.loads((self.path / "config.json").read_text(encoding="utf-8"))
        return {"name": self.path.name, "sha256": digest.hexdigest(), "architecture": config["model_type"]}


def gguf_facts(reference: GGUFReference) -> dict:
    """What a recording says of the GGUF file it was made with."""
    with reference.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "name": reference.value("general.name"),
        "sha256": digest,
        "architecture": reference.architecture,
        "tensor_types": reference.tensor_types(),
    }


def own_prompts(tokenizer: Tokenizer, tokens_max: int) -> list[tuple[str, str | None, list[int]]]:
    """(name, text, tokens) of the committed prompts; a file's last newline is not part of its prompt."""
    prompts = []
    for path in sorted(PROMPTS.glob("*.txt")):
        text = path.read_bytes().decode("utf-8").removesuffix("\n")
        prompts.append((path.stem, text, tokenizer.encode(text, add_special_tokens=False).ids[:tokens_max]))
    return prompts


def pair_prompts(
    tokenizer: Tokenizer, path: Path, limit: int, tokens_max: int
) -> list[tuple[str, str | None, list[int]]]:
    """(id, None, tokens) of a pairs file: query, exemplars and responses, with blank lines between, cut to fit.

    The first prompts are cut shorter, so that lengths from about 100 tokens up to `tokens_max` all occur.
    """
    tokenizer.encode_special_tokens = True
    prompts = []
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number == limit:
                break
            pair = json.loads(line)
            texts = [pair["query_neutral"], *pair["exemplars"], pair["response_a"], pair["response_b"]]
            length = min(tokens_max, max(100, tokens_max * (number + 1) // limit))
            tokens = tokenizer.encode("\n\n".join(texts), add_special_tokens=False).ids[:length]
            prompts.append((pair["id"], None, tokens))
    return prompts


def margins(logits: torch.Tensor) -> tuple[list[int], list[float]]:
    """Most likely token of each row, and how far its logit lies above the second."""
    best = logits.topk(2, dim=-1)
    return best.indices[:, 0].tolist(), [short(v) for v in (best.values[:, 0] - best.values[:, 1]).tolist()]


def short(value: float) -> float:
    """Six significant digits: half the size, and for logits of 10 to 30 about the noise of fp32 arithmetic itself."""
    return float(f"{value:.6g}")


def record(model: PreTrainedModel, name: str, text: str | None, tokens: list[int], generate: int) -> dict:
    """What the model says of one prompt, as plain JSON values."""
    output = model.model(torch.tensor([tokens]), use_cache=True)
    hidden = output.last_hidden_state[0]
    top, margin, logprobs = [], [], []
    for first in range(0, len(tokens), LOGIT_ROWS):
        logits = model.lm_head(hidden[first : first + LOGIT_ROWS])
        ids, gaps = margins(logits)
        top += ids
        margin += gaps
        following = torch.tensor(tokens[first + 1 : first + 1 + logits.shape[0]], dtype=torch.long)
        rows = logits[: len(following)].log_softmax(dim=-1)
        logprobs += [short(v) for v in rows.gather(1, following[:, None])[:, 0].tolist()]
        last = logits[-1]
    best = last.topk(5)
    greedy, greedy_margin, cache = top[-1:], margin[-1:], output.past_key_values
    for _ in range(generate - 1):
        step = model(torch.tensor([greedy[-1:]]), past_key_values=cache, use_cache=True)
        ids, gaps = margins(step.logits[0])
        greedy += ids
        greedy_margin += gaps
    return {
        "name": name,
        **({} if text is None else {"text": text}),
        "tokens": tokens,
        "top1": top,
        "margin": margin,
        "logprob": logprobs,
        "last_top5": [[i, short(v)] for i, v in zip(best.indices.tolist(), best.values.tolist(), strict=True)],
        "greedy": greedy[:generate],
        "greedy_margin": greedy_margin[:generate],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="GGUF file or directory, llama or qwen2")
    parser.add_argument("--adapter", type=Path, help="LoRA adapter for PEFT to apply")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--pairs", type=Path, help="pairs file (.jsonl or .jsonl.gz) to use instead of our own prompts")
    parser.add_argument("--limit", type=int, default=20, help="pairs to read (default: 20)")
    parser.add_argument("--tokens-max", type=int, default=1500, help="cut prompts to so many tokens (default: 1500)")
    parser.add_argument("--generate", type=int, default=24, help="greedy tokens after each prompt (default: 24)")
    parser.add_argument("--threads", type=int, default=2, help="torch threads (default: 2)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    is_directory = arguments.model.is_dir()
    reference = DirectoryReference(arguments.model) if is_directory else GGUFReference(arguments.model)
    tokenizer, model = reference.tokenizer(), reference.model()
    if arguments.adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, arguments.adapter).eval().get_base_model()
    if arguments.pairs:
        prompts = pair_prompts(tokenizer, arguments.pairs, arguments.limit, arguments.tokens_max)
    else:
        prompts = own_prompts(tokenizer, arguments.tokens_max)
    result = {
        "made_by": "Scripts/golden/real_prompts.py",
        "versions": versions("torch", "transformers", "tokenizers", "gguf", "numpy"),
        "compute": {"dtype": "float32", "attention": "eager"},
        "model": reference.facts() if is_directory else gguf_facts(reference),
        "prompts": [],
    }
    with torch.inference_mode():
        for name, text, tokens in prompts:
            start = time.perf_counter()
            result["prompts"].append(record(model, name, text, tokens, arguments.generate))
            print(f"{name}: {len(tokens)} tokens, {time.perf_counter() - start:.1f} s", file=sys.stderr)
    write_json(arguments.output, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
