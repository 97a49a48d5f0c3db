#!/usr/bin/env python3
"""Writes Tests/ModelFilesTests/Fixtures/dequantise.json: random blocks of every weight type, and what the gguf
package makes of them. Values are compared to the bit.

Usage: dequantise_golden.py            (needs: pip install gguf numpy)
"""
import base64
import importlib.metadata
import json
import pathlib

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

SEED = 20240517
OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "Tests/ModelFilesTests/Fixtures/dequantise.json"

# Where the half-precision scales lie in a block: they are kept finite, every other byte is random.
HALVES = {
    "F16": [0], "BF16": [], "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}
# Scales that go wrong first: zero of both signs, subnormals, the largest finite, one.
EDGES = np.array([0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x7BFF, 0xFBFF, 0x3C00], dtype=np.uint16)


def blocks_of(name, generator):
    kind = GGMLQuantizationType[name]
    elements, size = GGML_QUANT_SIZES[kind]
    count = {1: 512, 32: 48, 256: 24}[elements]
    data = generator.integers(0, 256, (count, size), dtype=np.uint8)
    for place in HALVES[name]:
        scales = generator.normal(0, 0.05, count).astype(np.float16).view(np.uint16)
        scales[: len(EDGES)] = generator.permutation(EDGES)
        data[:, place : place + 2] = scales.view(np.uint8).reshape(count, 2)
    if name == "F16":  # Every exponent, subnormals and infinities among them; no NaN, whose bits are nobody's promise.
        halves = generator.permutation(65536)[:count].astype(np.uint16)
        halves[:4] = [0x7C00, 0xFC00, 0x0001, 0x8000]
        halves[(halves & 0x7C00 == 0x7C00) & (halves & 0x03FF != 0)] = 0x3555
        data = halves.view(np.uint8).reshape(count, 2)
    if name == "BF16":
        bits = data.view(np.uint16)
        bits[(bits & 0x7F80 == 0x7F80)] &= 0x807F
    return data, gguf.quants.dequantize(data.reshape(-1), kind)


def main():
    generator = np.random.default_rng(SEED)
    types = {}
    for name in HALVES:
        data, values = blocks_of(name, generator)
        values = np.ascontiguousarray(values.reshape(-1), dtype="<f4")
        types[name] = {
            "blocks": base64.b64encode(data.tobytes()).decode(),
            "values": base64.b64encode(values.tobytes()).decode(),
        }
    versions = {name: importlib.metadata.version(name) for name in ["gguf", "numpy"]}
    OUTPUT.write_text(json.dumps({"seed": SEED, "versions": versions, "types": types}, indent=1) + "\n")
    print(OUTPUT.name, OUTPUT.stat().st_size, "bytes")


main()
