#!/usr/bin/env python3
"""Measures how fast PyTorch trains LoRA adapters on a CPU: what `persrm bench train` is compared with.

One pass is forward and backward over B sequences of random tokens, with the mean cross entropy of all tokens but each
sequence's first, over a base model that is frozen, with PEFT's adapters on all linear layers. The optimiser's update is
left out: of adapters it is a thousandth of a pass. Every combination of precision and checkpointing runs in a process
of its own, so that each has a peak of its own.

Measure on an idle machine. PyTorch's threads wait for each other after every operation, so that a second program on the
same cores makes it ten times slower, not twice. A row says which share of its threads' time it was given, and the
script complains where that is little.
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import time
from importlib import metadata
from pathlib import Path

EXAMPLE = """example:
  python Benchmarks/pytorch_training.py --model ../smollm2-hf --repeats 5 --json ../pytorch.json
  persrm bench train --tokens 512 --sequences 4 --repeats 5 --json ../persrm.json

A GGUF file becomes a directory for this script by
  persrm export --model MODEL.gguf --dtype f32 --output ../smollm2-hf

needs: pip install torch transformers peft"""

# Below this share of its threads' time a row says more of what else was running.
QUIET_SHARE = 0.85
LINEAR_LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def measure(arguments: argparse.Namespace, precision: str, checkpoints: bool) -> dict:
    """Speed and memory of one combination."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_pretrained(
        arguments.model, dtype=getattr(torch, precision), attn_implementation="sdpa"
    )
    if checkpoints:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    # PEFT keeps the adapters of a bfloat16 model in float32, as optimisers want them.
    config = LoraConfig(
        task_type="CAUSAL_LM", r=arguments.rank, lora_alpha=2 * arguments.rank, lora_dropout=0.0,
        target_modules=LINEAR_LAYERS,
    )  # fmt: skip
    # Checkpoints are for training mode; there is no dropout, so that it changes nothing else.
    model = get_peft_model(model, config).train()
    shape = (arguments.sequences, arguments.tokens)
    tokens = torch.randint(model.config.vocab_size, shape, generator=torch.Generator().manual_seed(1))
    seconds, processor_seconds = [], 0.0
    for index in range(arguments.warm_up + arguments.repeats):
        model.zero_grad(set_to_none=True)
        start, processor_start = time.perf_counter(), time.process_time()
        # transformers shifts the labels by one itself.
        loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
        forward = time.perf_counter()
        loss.backward()
        end = time.perf_counter()
        if index >= arguments.warm_up:
            seconds.append((end - start, forward - start))
            processor_seconds += time.process_time() - processor_start
    assert any(parameter.grad is not None and bool(parameter.grad.any()) for parameter in model.parameters())
    count = arguments.sequences * arguments.tokens
    whole = [pair[0] for pair in seconds]
    return {
        "precision": precision,
        "gradient_checkpointing": checkpoints,
        "tokens_per_second": round(count / statistics.median(whole), 1),
        "tokens_per_second_fastest": round(count / min(whole), 1),
        "forward_share": round(statistics.median(pair[1] / pair[0] for pair in seconds), 3),
        "seconds": [round(value, 4) for value in whole],
        "processor_share": round(processor_seconds / (arguments.threads * sum(whole)), 3),
        "peak_resident_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "loss": round(loss.item(), 4),
    }


def child(connection, arguments: argparse.Namespace, precision: str, checkpoints: bool) -> None:
    """The process of one combination."""
    connection.send(measure(arguments, precision, checkpoints))
    connection.close()


def measure_apart(arguments: argparse.Namespace, precision: str, checkpoints: bool) -> dict:
    """`measure` in a fresh process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=child, args=(theirs, arguments, precision, checkpoints))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        sys.exit(f"{precision}: the process that measures ended without a result")
    finally:
        process.join()


def processor() -> str:
    """The processor's name, as Linux has it."""
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.exists():
        for line in cpu_info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def positive(text: str) -> int:
    """A whole number of at least one, for argparse."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return int(text)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="a directory in Hugging Face's form")
    parser.add_argument("--tokens", type=positive, default=512, help="tokens of a sequence (default: 512)")
    parser.add_argument("--sequences", type=positive, default=4, help="sequences of a pass (default: 4)")
    parser.add_argument("--rank", type=positive, default=16, help="rank of the adapters (default: 16)")
    parser.add_argument("--threads", type=positive, default=2, help="threads of PyTorch (default: 2)")
    parser.add_argument("--repeats", type=positive, default=5, help="passes that count, for a median (default: 5)")
    parser.add_argument("--warm-up", type=positive, default=1, help="passes before them (default: 1)")
    parser.add_argument(
        "--precisions", nargs="+", choices=["float32", "bfloat16"], default=["float32", "bfloat16"],
        help="what weights and activations are in (default: both)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="write the record here instead of to standard output")
    arguments = parser.parse_args()
    if arguments.tokens < 2:
        parser.error("--tokens must be 2 or more: the first of a sequence has nothing that predicts it")
    if not (arguments.model / "config.json").exists():
        parser.error(f"--model {arguments.model} has no config.json")
    return arguments


def main() -> None:
    arguments = parse()
    # Read by the processes that measure, before they import PyTorch.
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(arguments.threads)
    rows = []
    for precision in arguments.precisions:
        for checkpoints in (False, True):
            row = measure_apart(arguments, precision, checkpoints)
            rows.append(row)
            how = "checkpoints" if checkpoints else "all kept"
            print(
                f"{precision:9} {how:12} {row['tokens_per_second']:8.0f} tokens/s {row['peak_resident_mib']:6} MiB",
                file=sys.stderr,
            )
            if row["processor_share"] < QUIET_SHARE:
                print(
                    f"  its threads ran {100 * row['processor_share']:.0f} % of the time: something else was running",
                    file=sys.stderr,
                )
    record = {
        "what": "forward and backward with LoRA, tokens a second",
        "processor": processor(),
        "threads": arguments.threads,
        "model": arguments.model.name,
        "tokens": arguments.tokens,
        "sequences": arguments.sequences,
        "rank": arguments.rank,
        "repeats": arguments.repeats,
        "versions": {name: metadata.version(name) for name in ("torch", "transformers", "peft")},
        "rows": rows,
    }
    text = json.dumps(record, indent=2) + "\n"
    if arguments.json:
        arguments.json.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
