#!/usr/bin/env python3
"""Record what Python `tokenizers` does, as fixtures for Tests/TokenizationTests.

  small    trains a small vocabulary for each pre-tokenizer on text made here, and records the ids of a torture set
  classes  records which characters the reference takes for letters, numbers and white space, and what its NFC changes
  corpus   records counts and digests of the ids of every string of JSON Lines files, for one real vocabulary

"user" ids come from a tokenizer without its added tokens: the reference for text that a user wrote. "added" ids come
from the whole tokenizer, which turns spellings of added tokens into those tokens.

A digest is FNV-1a (64 bits) over 32-bit words in place of bytes: for each text its number of ids, then its ids.

Needs: pip install tokenizers
"""
import argparse
import gzip
import json
import os
import random
import struct
import unicodedata

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tokenizer_json_from_gguf import QWEN2_PATTERN

SEED = 20240817
KINDS = ["gpt-2", "smollm", "qwen2"]
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# Bytes that the real SmolLM2 vocabulary lacks too.
MISSING = [0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, 0xC0, 0xC1, 0xF1, 0xF2] + list(range(0xF5, 0x100))
VERSIONS = {"tokenizers": tokenizers.__version__, "seed": SEED}


def digest(id_lists, start=0xCBF29CE484222325):
    value = start
    for ids in id_lists:
        value = ((value ^ len(ids)) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
        for token in ids:
            value = ((value ^ token) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def hexadecimal(value):
    return f"{value:016x}"


def write(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
        file.write("\n")


def without_added_tokens(path):
    """The tokenizer of a file with its added tokens taken away; ids stay."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    document["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(document))


def valid_scalars():
    return (value for value in range(0x110000) if not 0xD800 <= value < 0xE000)


# ---- small vocabularies


def training_text():
    """Sentences from a small grammar, with digits, code, accents, other scripts and emoji among them."""
    chance = random.Random(SEED)
    subjects = "the editor,a neighbour,my sister,the committee,our teacher,a stranger,the captain,nobody".split(",")
    verbs = "wrote,couldn't read,has answered,wouldn't send,remembered,they'll forward,she's kept,we've lost".split(",")
    objects = "the letter,seven short notes,an unusual reply,the quarterly report,her diary,every invoice".split(",")
    tails = "before breakfast,in 1987,without a word,for 12.50 euros,at 10:45pm,again and again,(twice)".split(",")
    extras = [
        "def add(left, right):\n    return left + right\n\n",
        "if (count >= 100) {\n\t\tcount -= 1;\n}\r\n",
        "café déjà vu, naïve façade, über straße, señor año\n",
        "Привет, как дела? Всё хорошо.\n",
        "東京は今日も雨です。こんにちは世界。\n",
        "한국어 문장입니다. שלום עולם مرحبا بالعالم\n",
        "🙂🙂 👍🏽 ❤️ 👩‍👩‍👧 so happy!!!\n",
        "|  a  |   b |\n|----|----|\n\n\n",
    ]
    for _ in range(4000):
        line = " ".join([chance.choice(subjects), chance.choice(verbs), chance.choice(objects), chance.choice(tails)])
        yield line[0].upper() + line[1:] + chance.choice([". ", "! ", "?\n", ", ", "; "])
        if chance.random() < 0.2:
            yield chance.choice(extras)


def split_for(kind):
    if kind == "gpt-2":
        return pre_tokenizers.ByteLevel(add_prefix_space=False)
    if kind == "smollm":
        digits = pre_tokenizers.Digits(individual_digits=True)
        return pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    split = pre_tokenizers.Split(Regex(QWEN2_PATTERN), "isolated", False)
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def train(kind):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = split_for(kind)
    tokenizer.decoder = decoders.ByteLevel()
    if kind == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    if kind == "smollm":
        spelled = [chr(b) for b in (*range(33, 127), *range(161, 173), *range(174, 256))]
        others = iter(range(256, 324))
        by_byte = {b: chr(b) if chr(b) in spelled else chr(next(others)) for b in range(256)}
        alphabet = [by_byte[b] for b in range(256) if b not in MISSING]
    # SmolLM2 has its special tokens first, Qwen2 after the ordinary ones.
    first = SPECIALS if kind == "smollm" else []
    trainer = trainers.BpeTrainer(
        vocab_size=900, initial_alphabet=alphabet, special_tokens=first, show_progress=False, limit_alphabet=256
    )
    tokenizer.train_from_iterator(training_text(), trainer)
    tokenizer.add_special_tokens([AddedToken(s, normalized=False, special=True) for s in SPECIALS])
    tokenizer.add_tokens([AddedToken("<tool_call>", normalized=False, special=False)])
    return tokenizer


# ---- torture set


def torture_texts():
    """(name, text) pairs; every text is valid Unicode."""
    texts = [
        ("empty", ""),
        ("contractions", "I'll we've they're it's don't he'd I'm o'clock 'tis ''s 's's 'S 'LL 'Ve 'rE 'M 'D 'T"),
        ("long s", "'\u017f '\u017fa a'\u017f '\u017f\u017f \u017f's 's\u017f a'\u017fb it'\u017fs 'll'\u017fx"),
        ("half contractions", "' 'r 'v 'l 're 'rx 'vx 'lx 'lL 'l l 'v\u00e9 'r\n'e"),
        ("spaces", " a  b   c    d \t e\t\tf \n g\n\nh \r\n i\r\n\r\nj  \n  k   "),
        ("space at the end", "a "),
        ("spaces only", "     "),
        ("newlines only", "\n\n\n\r\n\r\r\n"),
        ("space kinds", "a\u00a0b\u2003c\u2028d\u2029e\u0085f\u3000g\u1680h\u202fi\u205fj\u200bk\ufeffl\u180em\x0bn\x0co"),
        ("space before newline kinds", "x \u2028\ny \u0085\n\u2028z\u3000\u3000w \u00a0 v"),
        ("digits", "0 12 345 6789 1234567890123456789012345678901234567890 3.14159 1,000,000 10:45pm 2nd a1b2"),
        ("number kinds", "\u00b2\u00b3 \u00bd \u2167 \u0661\u0662\u0663 \u0967\u0968 \u3007\u4e00 \u2460\u2461 \U0001d7d8\U0001f100"),
        ("spaces before digits", " 1  2   3\t4\n5 \n6 7  "),
        ("new letters", "a\U00016ea0\U00016ebb b \U0003347a \U000323b0x"),
        ("new numbers", "a\U00011de0\U00011de91 \U00011de3"),
        ("punctuation", "!!! ... --- ?! (a)[b]{c}<d> \"e\" 'f' `g` #h @i $j %k ^l &m *n _o =p +q |r \\s /t ~u ,v ;w :x"),
        ("punctuation and newline", "a.\nb!\r\n\r\nc --\n\n d;\n\te"),
        ("punctuation before letters", ".a -b _c $d \u00bfe \u2014f \u201cg\u201d 'h \U0001f642i"),
        ("code", "for (int i = 0; i < n; ++i) {\n\tsum += a[i];  // add\n}\n\n\n    return sum;\n"),
        ("special spellings", "<|im_end|> <|im_start|>system\nx<|im_end|><|endoftext|> <|im_end| |> <tool_call>{}</tool_call>"),
        ("special overlaps", "<|im_end|<|im_end|>>|> <<|im_start|>|> <|IM_END|> <|im_end|>\u0338 a<|endoftext|>b"),
        ("special in pieces", "<|im_\u200bend|> < |im_end|> <|im_end |> &lt;|im_end|&gt; <|im\u005fend|>"),
        ("composed", "\u00e9\u00c5\u1e69\uac01\u0958"),
        ("decomposed", "e\u0301A\u030as\u0323\u0307s\u0307\u0323\u1100\u1161\u11a8\u0915\u093c"),
        ("singletons", "\u212b\u2126\u212a\u0374\u037e\u0387\u1fef\u2000\u2001\u2329\uf900\U0002f800"),
        ("composition exclusions", "\u0958\u2adc\ufb1d\U0001d15e\u0f43\u0b5c"),
        ("blocked marks", "a\u0315\u0300\u05ae\u0062 e\u0327\u0301 \u0041\u0315\u030a q\u0307\u0323\u0308"),
        ("marks at the start", "\u0301a \u0301 \u0308\u0301\u0344"),
        ("newer marks", "a\u1dfa\u0301 \u0e3a\u0301 \U00011935\U00011930 a\U0001e6e3\u0323 \U000105d2\u0307"),
        ("hangul", "\u1100\u1161 \uac00\u11a8 \u1112\u1175\u11c2\u11c2 \ud55c\uae00"),
        ("long marks", "z" + "\u0301\u0323\u0308\u0327" * 40 + "z"),
        ("emoji", "\U0001f642\U0001f44d\U0001f3fd \u2764\ufe0f \U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1e9\U0001f1ea\U0001f1eb 1\ufe0f\u20e3 \U0001f3f4\U000e0067\U000e0062\U000e007f"),
        ("scripts", "Привет мир العالم שלום नमस्ते ไทยภาษา 日本語テキスト 한국어 ἀρχή ქართული አማርኛ ᚠᚢᚦ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈𐌰"),
        ("mixed scripts", "abcдеф123四五six七 8九 naïveté's Straße'S"),
        ("controls", "".join(chr(c) for c in range(0x20)) + "\x7f" + "".join(chr(c) for c in range(0x80, 0xA0))),
        ("bytes that may be missing", "a\x04b\x06\x13c\x14 \x16d\x1de \U00040000f \U0007ffffg \U000bffffh \U000c0000i"),
        ("noncharacters", "\ufffe\uffff\ufdd0\U0001ffff\U0010ffff \ue000\uf8ff \ufffd\ufffd"),
        ("zero width", "a\u200bb\u200cc\u200dd\u2060e\u00adf\u202eg\u2066h"),
        ("CRLF", "line one\r\nline two\r\n\r\n  line three\r\n\tfour\r"),
        ("wide text", "ｆｕｌｌ　ｗｉｄｔｈ １２３ ﬁ ﬂ ﬃ ǅ ª º ʰ ⅷ ㎏"),
        ("address", "https://example.com/a_b?c=d%20e&f=g#h user.name+tag@example.org C:\\dir\\file.txt"),
        ("long word", "pneumono" * 30),
        ("alternating", "a1" * 60 + " a" * 60 + "\n " * 40),
    ]
    blocks = [range(start, start + 48) for start in range(0x20, 0x3000, 0x123)] + [
        range(start, start + 24) for start in range(0x3000, 0x20000, 0x1337)
    ]
    for block in blocks:
        text = "".join(chr(c) + ("", " ", "a")[c % 3] for c in block if not 0xD800 <= c < 0xE000)
        texts.append((f"block {block.start:04x}", text))
    return texts + random_texts()


def random_texts():
    """Strings over an alphabet of characters that matter, in the proportions that make them meet."""
    chance = random.Random(SEED)
    pool = list(" \n\r\t'sStTrReEvVlLmMdD019.,!-_<|>aZ") + [
        "\u00a0", "\u2028", "\u3000", "\u017f", "\u0301", "\u0323", "\u0338", "e\u0301", "\u00e9", "\u0661", "\u00bd",
        "\u4e2d", "\uac00", "\u11a8", "\U0001f642", "\u200d", "\ufe0f", "  ", "\r\n", "'s", "'LL", "\u212b", "\U0001d7d8",
    ]
    return [
        (f"random {index}", "".join(chance.choice(pool) for _ in range(chance.randrange(1, 60)))) for index in range(120)
    ]


# (unit, times): written out by the test, recorded as a digest.
RUNS = [
    (" ", 20000), ("a", 20000), ("\n", 20000), ("7", 20000), ("\u00e9", 10000), ("\U0001f642", 5000), ("ab", 10000),
    ("\r\n", 10000), (" \n", 10000), ("!", 20000), ("\u0301", 4000), ("e\u0301", 5000), ("the", 7000), ("\t", 9999),
    ("\u3000", 3000), ("Ab 1'S\n", 3000),
]


def scalar_text(value):
    """A text in which a character meets each kind of neighbour on both sides; the test makes the same one."""
    c = chr(value)
    return f"x{c}y {c} 1{c}'{c}\n{c}!{c}?{c}{c}  {c}  "


def pieces(tokenizer, text):
    """Bytes of each piece of a text; the byte alphabet spells each byte with one character."""
    return [len(spelling) for spelling, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]


def class_edges():
    """First and last character of every run of one general category, in order."""
    edges = set()
    before = None
    for value in valid_scalars():
        category = unicodedata.category(chr(value))
        if category != before:
            edges.update((value, value - 1 if value - 1 >= 0 and not 0xD800 <= value - 1 < 0xE000 else value))
        before = category
    return sorted(edges)


def record_small(output):
    texts = torture_texts()
    result = {
        "versions": VERSIONS,
        "names": [name for name, _ in texts],
        "texts": [text for _, text in texts],
        "runs": [[unit, times] for unit, times in RUNS],
        "edges": class_edges(),
        "kinds": {},
    }
    for kind in KINDS:
        path = os.path.join(output, f"{kind}.tokenizer.json")
        document = json.loads(train(kind).to_str())
        # In id order and without spaces, so that the file is small and the same each time.
        document["model"]["vocab"] = dict(sorted(document["model"]["vocab"].items(), key=lambda item: item[1]))
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=True, separators=(",", ":"))
            file.write("\n")
        whole, plain = Tokenizer.from_file(path), without_added_tokens(path)
        added = []
        for text in result["texts"]:
            ids, user_ids = whole.encode(text).ids, plain.encode(text).ids
            added.append(None if ids == user_ids else ids)
        result["kinds"][kind] = {
            "user": [plain.encode(text).ids for text in result["texts"]],
            "added": added,
            "runs": [hexadecimal(digest([plain.encode(unit * times).ids])) for unit, times in RUNS],
            "edges": hexadecimal(digest(plain.encode(scalar_text(value)).ids for value in result["edges"])),
            "every": hexadecimal(digest(plain.encode(scalar_text(value)).ids for value in valid_scalars())),
            "pieces": [pieces(plain, text) for text in result["texts"]],
            "edge_pieces": hexadecimal(digest(pieces(plain, scalar_text(value)) for value in result["edges"])),
        }
    write(os.path.join(output, "torture.json"), result)


# ---- characters


def members(splitter, guard="\u0001"):
    """Characters that a splitter cuts away from their neighbours."""
    found = [
        value
        for value in valid_scalars()
        if value != ord(guard) and len(splitter.pre_tokenize_str(guard + chr(value) + guard)) != 1
    ]
    ranges = []
    for value in found:
        if ranges and ranges[-1][1] == value - 1:
            ranges[-1][1] = value
        else:
            ranges.append([value, value])
    return [bound for pair in ranges for bound in pair]


def record_classes(output):
    def pattern(text):
        return members(pre_tokenizers.Split(Regex(text), "removed", False))

    normalizer = normalizers.NFC()
    cases = []
    for value in valid_scalars():
        c = chr(value)
        if normalizer.normalize_str(c) != c:
            cases.append(c)
        parts = unicodedata.normalize("NFD", c)
        if parts != c and not 0xAC00 <= value < 0xD7A4 and normalizer.normalize_str(parts) != c:
            cases.append(parts)
        elif parts != c and value % 7 == 0:
            cases.append(parts)
    marks = [chr(v) for v in valid_scalars() if unicodedata.combining(chr(v))]
    chance = random.Random(SEED)
    starters = list("aeoAEOsS=<\u1100\u1161\u11a8\uac00\u05d0\u0915\u3046\u0cc6\u0dd9\u1b05")
    for _ in range(1200):
        case = "".join(
            chance.choice(marks) if chance.random() < 0.7 else chance.choice(starters)
            for _ in range(chance.randrange(2, 7))
        )
        cases.append(case)
    result = {
        "versions": VERSIONS,
        "letters": pattern(r"\p{L}"),
        "numbers": pattern(r"\p{N}"),
        "spaces": pattern(r"\s"),
        "digits": members(pre_tokenizers.Digits(individual_digits=True)),
        "nfc": [[case, normalizer.normalize_str(case)] for case in cases],
    }
    write(os.path.join(output, "characters.json"), result)


# ---- corpora


def strings(value):
    """Every string of a JSON value, members in order of their names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from strings(element)
    elif isinstance(value, dict):
        for name in sorted(value):
            yield from strings(value[name])


def record_corpus(options):
    tokenizer = without_added_tokens(options.tokenizer)
    files = {}
    for root, _, names in sorted(os.walk(options.data)):
        for name in sorted(names):
            if not name.endswith(".jsonl.gz"):
                continue
            label = os.path.relpath(os.path.join(root, name), options.data).replace(os.sep, "/")
            files[label] = record_file(tokenizer, os.path.join(root, name), label, options)
            print(label, files[label][-1], flush=True)
    write(options.output, {"versions": VERSIONS, "vocabulary": options.name, "files": files})


def record_file(tokenizer, path, label, options):
    """Checkpoints [texts, bytes, tokens, digest] after 100 and 1000 texts and at the end."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [text for line in lines for text in strings(json.loads(line))]
    checkpoints, state, tokens, size = [], 0xCBF29CE484222325, 0, 0
    singles = []
    for start in range(0, len(texts), 100):
        batch = texts[start : start + 100]
        for text, encoding in zip(batch, tokenizer.encode_batch_fast(batch)):
            state = digest([encoding.ids], state)
            singles.append((len(encoding.ids), digest([encoding.ids])))
            tokens += len(encoding.ids)
            size += len(text.encode())
        count = start + len(batch)
        if count in (100, 1000) or count == len(texts):
            checkpoints.append([count, size, tokens, hexadecimal(state)])
    if options.extract:
        extract(texts, singles, os.path.join(options.extract, label.replace("/", "-")), options.name)
    return checkpoints


def extract(texts, singles, stem, name):
    """For the development test: texts as (length, UTF-8), and for each text its number of ids and their digest."""
    os.makedirs(os.path.dirname(stem), exist_ok=True)
    with open(stem + ".texts", "wb") as file:
        for text in texts:
            data = text.encode()
            file.write(struct.pack("<I", len(data)) + data)
    with open(f"{stem}.{name}.ids", "wb") as file:
        for count, value in singles:
            file.write(struct.pack("<IQ", count, value))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("small", "classes"):
        commands.add_parser(command).add_argument("--output", required=True, help="the Fixtures folder")
    corpus = commands.add_parser("corpus")
    corpus.add_argument("--tokenizer", required=True, help="tokenizer.json of the vocabulary")
    corpus.add_argument("--name", required=True, help="what to call the vocabulary, for example smollm2")
    corpus.add_argument("--data", required=True, help="folder searched for *.jsonl.gz")
    corpus.add_argument("--output", required=True, help="the fixture to write")
    corpus.add_argument("--extract", help="folder for texts and per-text digests, for the development test")
    options = parser.parse_args()
    if options.command == "corpus":
        record_corpus(options)
    else:
        os.makedirs(options.output, exist_ok=True)
        (record_small if options.command == "small" else record_classes)(options.output)


if __name__ == "__main__":
    main()
