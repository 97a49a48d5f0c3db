#!/usr/bin/env python3
"""Records what the real `tensorboard` package writes, and reads what ours writes.

    Scripts/golden/tensorboard_events.py --output Tests/TrainingRecordsTests/Fixtures/tensorboard-events.json
    Scripts/golden/tensorboard_events.py --read RUN_DIRECTORY [--metrics metrics.jsonl]

The first form writes the bytes of an event file as tensorboard's own record writer and protocol buffers make them. The
second loads a run's folder as TensorBoard does and compares every number, text and histogram with `metrics.jsonl`.
Needs `pip install tensorboard`; no TensorFlow.
"""

import argparse
import io
import json
import math
import struct
import sys
from pathlib import Path

from provenance import versions, write_json
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter


class Kept(io.BytesIO):
    """A file in memory that can be looked at after it was closed."""

    def close(self) -> None:
        pass


def record(event: event_pb2.Event) -> str:
    file = Kept()
    RecordWriter(file).write(event.SerializeToString(deterministic=True))
    return file.getvalue().hex()


def scalar(tag: str, value: float) -> summary_pb2.Summary.Value:
    return summary_pb2.Summary.Value(tag=tag, simple_value=value)


def text(tag: str, value: str) -> summary_pb2.Summary.Value:
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)])
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING, tensor_shape=shape, string_val=[value.encode("utf-8")]
    )
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="text")
    return summary_pb2.Summary.Value(
        tag=tag, tensor=tensor, metadata=summary_pb2.SummaryMetadata(plugin_data=plugin)
    )


def histogram(tag: str, limits: list[float], counts: list[float], values: list[float]) -> summary_pb2.Summary.Value:
    histo = summary_pb2.HistogramProto(
        min=min(values), max=max(values), num=len(values), sum=sum(values),
        sum_squares=sum(value * value for value in values), bucket_limit=limits, bucket=counts,
    )
    return summary_pb2.Summary.Value(tag=tag, histo=histo)


def summary(time: float, step: int, values: list[summary_pb2.Summary.Value]) -> event_pb2.Event:
    return event_pb2.Event(wall_time=time, step=step, summary=summary_pb2.Summary(value=values))


def fixture() -> dict:
    """Named records; the inputs stand beside the bytes."""
    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    words = "Short sentences.\nÄh, „yes“ – 5 < 6 & more. " + "x" * 200
    return {
        "versions": versions("tensorboard", "protobuf"),
        "text": words,
        "records": {
            "file_version": record(event_pb2.Event(wall_time=1764000000.125, file_version="brain.Event:2")),
            "session_start": record(event_pb2.Event(wall_time=1764000001.5, step=121, session_log=start)),
            "scalars": record(summary(1764000002.25, 1, [
                scalar("train/kl", 0.0), scalar("train/learning_rate", 5e-6), scalar("train/loss", 1.2345678),
            ])),
            "large_step": record(summary(1764000003.0, 1 << 40, [scalar("eval/accuracy", 0.938)])),
            "step_zero": record(summary(1764000003.0, 0, [scalar("train/reward", -1.0)])),
            "infinite": record(summary(1764000004.0, 300, [scalar("train/gradient_norm", math.inf)])),
            "text": record(summary(1764000005.0, 128, [text("samples/0", words)])),
            "histogram": record(summary(1764000006.0, 127, [
                histogram("train/rewards", [0.5, 0.5], [0.0, 3.0], [0.5, 0.5, 0.5]),
            ])),
        },
    }


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def same(ours: float | None, theirs: float) -> bool:
    if ours is None:
        return not math.isfinite(theirs)
    return struct.pack("<f", ours) == struct.pack("<f", theirs)


def check(folder: Path, metrics: Path) -> list[str]:
    """What differs between the event files of a folder and a metrics file."""
    everything = {"scalars": 0, "tensors": 0, "histograms": 0}
    accumulator = EventAccumulator(str(folder), size_guidance=everything)
    accumulator.Reload()
    # TensorBoard's own pages read everything as tensors; the reader above never forgets a text of a voided step.
    pages = plugin_event_accumulator.EventAccumulator(str(folder), size_guidance={"tensors": 0})
    pages.Reload()
    expected: dict[str, dict[str, list]] = {"scalars": {}, "texts": {}, "histograms": {}}
    for line in lines(metrics):
        for tag, value in line.items():
            if tag in ("step", "time", "wall_seconds", "not_finite"):
                continue
            kind = "texts" if isinstance(value, str) else "histograms" if isinstance(value, list) else "scalars"
            if value == []:
                continue
            expected[kind].setdefault(tag, []).append((line["step"], line["time"], value))
    faults: list[str] = []
    tags = accumulator.Tags()
    for kind, listed in (("scalars", "scalars"), ("texts", "tensors"), ("histograms", "histograms")):
        if sorted(tags[listed]) != sorted(expected[kind]):
            faults.append(f"{kind}: TensorBoard has {sorted(tags[listed])}, metrics.jsonl {sorted(expected[kind])}")
    if faults:
        return faults
    for tag, wanted in expected["scalars"].items():
        found = accumulator.Scalars(tag)
        if [(e.step, round(e.wall_time, 3)) for e in found] != [(step, time) for step, time, _ in wanted]:
            faults.append(f"{tag}: steps {[e.step for e in found]} or their times are not those of metrics.jsonl")
        elif not all(same(value, e.value) for e, (_, _, value) in zip(found, wanted)):
            faults.append(f"{tag}: values differ")
    for kind in expected.values():
        for tag, wanted in kind.items():
            found = [event.step for event in pages.Tensors(tag)]
            if found != [step for step, _, _ in wanted]:
                faults.append(f"{tag}: TensorBoard's pages show the steps {found}")
    for tag, wanted in expected["texts"].items():
        found = [(e.step, e.tensor_proto.string_val[0].decode("utf-8")) for e in pages.Tensors(tag)]
        plugin = pages.SummaryMetadata(tag).plugin_data.plugin_name
        if plugin != "text" or found != [(step, value) for step, _, value in wanted]:
            faults.append(f"{tag}: texts differ, or the plugin is {plugin}")
    for tag, wanted in expected["histograms"].items():
        found = accumulator.Histograms(tag)
        if [e.step for e in found] != [step for step, _, _ in wanted]:
            faults.append(f"{tag}: steps differ")
            continue
        for event, (step, _, values) in zip(found, wanted):
            histo = event.histogram_value
            near = math.isclose(histo.sum, math.fsum(values), rel_tol=1e-9, abs_tol=1e-9)
            counted = sum(histo.bucket) == len(values) == histo.num
            if not (near and counted and (histo.min, histo.max) == (min(values), max(values))):
                faults.append(f"{tag}: the histogram of step {step} differs")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, help="write the fixture")
    parser.add_argument("--read", type=Path, help="a folder with event files and metrics.jsonl")
    parser.add_argument("--metrics", type=Path, help="metrics.jsonl, where it is not in the folder")
    arguments = parser.parse_args()
    if arguments.output:
        write_json(arguments.output, fixture(), indent=1)
    if arguments.read:
        metrics = arguments.metrics or arguments.read / "metrics.jsonl"
        faults = check(arguments.read, metrics)
        for fault in faults:
            print(fault, file=sys.stderr)
        if faults:
            return 1
        print(f"{arguments.read}: TensorBoard shows what {metrics.name} says, {len(lines(metrics))} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
