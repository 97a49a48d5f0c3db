#!/usr/bin/env python3
"""Write Sources/Tokenization/CompositionData.swift: the canonical decompositions that the reference knows.

Asks the normalizer of Python `tokenizers` about every character, so that the table is of its Unicode version. Hangul
syllables are left out; they follow a rule.

Needs: pip install tokenizers
"""
import argparse
import textwrap
import unicodedata

import tokenizers
from tokenizers import normalizers

HEADER = '''/// Canonical decompositions of single characters, as Python `tokenizers` {version} knows them (Unicode 9.0).
///
/// Written by `Scripts/golden/tokenizer_composition.py`; do not edit. Entries are "character=first+second" or
/// "character=only" in hexadecimal; "~" in place of "=" marks one that never comes together again.
enum CompositionData {{
  static let entries: StaticString = """
{lines}
    """
}}
'''


def entry(value):
    """The entry of a character, or None where the reference does not decompose it."""
    if 0xAC00 <= value < 0xD7A4 or normalizers.NFD().normalize_str(chr(value)) == chr(value):
        return None
    parts = unicodedata.decomposition(chr(value)).split()
    assert parts and not parts[0].startswith("<") and len(parts) <= 2, hex(value)
    composes = normalizers.NFC().normalize_str(chr(value)) == chr(value)
    return f"{value:X}{'=' if composes else '~'}{'+'.join(f'{int(part, 16):X}' for part in parts)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", required=True, help="CompositionData.swift")
    options = parser.parse_args()
    entries = [found for value in range(0x110000) if not 0xD800 <= value < 0xE000 and (found := entry(value))]
    # A space ends each entry: the backslash at a line's end joins the lines.
    lines = textwrap.wrap(" ".join(entries), 112, break_long_words=False, break_on_hyphens=False)
    body = " \\\n".join("    " + line for line in lines)
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(HEADER.format(version=tokenizers.__version__, lines=body))


if __name__ == "__main__":
    main()
