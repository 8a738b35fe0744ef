/** The codec alone, on one core: what cutting rows out of chunks and taking a companion off them costs. */
import { CopyStripper } from "../src/wire/copy-rows.ts";
import { MessageReader } from "../src/wire/framing.ts";
import { encodeCopyData } from "../src/wire/messages/copy-data.ts";
import { encodeDataRow } from "../src/wire/messages/data-row.ts";
import { type CompanionSink, stripDataRow } from "../src/wire/strip.ts";
import { type BenchOptions, type BenchReport, type BenchRow, makeReport, median } from "./report.ts";

const ROWS = 10_000;
/** What Node reads from a socket at once. */
const CHUNK_BYTES = 65_536;

interface Case {
  readonly name: string;
  /** One message with one companion at its end. */
  readonly message: (key: string) => Buffer;
  /** Takes the companion off; undefined only cuts messages. */
  readonly strip: (() => Strip) | undefined;
}

type Strip = (buffer: Buffer, start: number, end: number, out: number, sink: CompanionSink) => number;

const dataRow =
  (columns: number, bytes: number) =>
  (key: string): Buffer =>
    encodeDataRow([...Array.from({ length: columns }, () => Buffer.alloc(bytes, "a")), Buffer.from(key)]);

const textRow =
  (columns: number, bytes: number) =>
  (key: string): Buffer =>
    encodeCopyData(Buffer.from(`${"a".repeat(bytes)}\t`.repeat(columns) + `${key}\n`));

const rows = (visible: number) => (): Strip => (buffer, start, end, out, sink) =>
  stripDataRow(buffer, start, end, visible, 1, out, sink);

const copy = (visible: number) => (): Strip => {
  const text = { format: "text", delimiter: 0x09, quote: 0x22, escape: 0x22, header: false, nullText: "\\N" } as const;
  const stripper = new CopyStripper(text, visible, 1);
  return (buffer, start, end, out, sink) => stripper.strip(buffer, start, end, out, sink);
};

const CASES: readonly Case[] = [
  { name: "3 columns of 8 B, cut only", message: dataRow(3, 8), strip: undefined },
  { name: "3 columns of 8 B", message: dataRow(3, 8), strip: rows(3) },
  { name: "10 columns of 12 B", message: dataRow(10, 12), strip: rows(10) },
  { name: "30 columns of 20 B", message: dataRow(30, 20), strip: rows(30) },
  { name: "COPY text, 10 columns of 12 B", message: textRow(10, 12), strip: copy(10) },
];

/** Reads the digits of every key, as the gateway does. */
class Sum implements CompanionSink {
  total = 0;
  collect(_index: number, buffer: Buffer, from: number, to: number): void {
    let key = 0;
    for (let at = from; at < to; at++) key = key * 10 + buffer[at]! - 48;
    this.total += key;
  }
}

/** @returns nanoseconds for a row */
function measure(one: Case, bytes: Buffer): number {
  const chunks: Buffer[] = [];
  const own = Buffer.from(bytes);
  for (let from = 0; from < own.length; from += CHUNK_BYTES) chunks.push(own.subarray(from, from + CHUNK_BYTES));
  const reader = new MessageReader({ maxBytes: 1 << 20 });
  const strip = one.strip?.();
  const sink = new Sum();
  let count = 0;
  const start = performance.now();
  for (const chunk of chunks) {
    reader.push(chunk);
    let buffer: Buffer | undefined;
    let out = 0;
    while (reader.next()) {
      if (reader.buffer !== buffer) {
        ({ buffer } = reader);
        out = reader.start;
      }
      if (strip !== undefined) out = strip(reader.buffer, reader.start, reader.end, out, sink);
      count++;
    }
  }
  const milliseconds = performance.now() - start;
  if (count !== ROWS || (strip !== undefined && sink.total === 0)) throw new Error("rows were lost");
  return (milliseconds * 1e6) / ROWS;
}

/** `npm run bench -- wire`. */
export function run(options: BenchOptions): Promise<BenchReport> {
  const rounds = options.quick ? 20 : 200;
  const report: BenchRow[] = [];
  for (const one of CASES) {
    options.progress(one.name);
    const bytes = Buffer.concat(Array.from({ length: ROWS }, (_, i) => one.message(String(4_000_000 + i))));
    const samples = Array.from({ length: rounds }, () => measure(one, bytes));
    const nanoseconds = median(samples.slice(rounds / 10));
    report.push(
      { case: one.name, metric: "time per row", value: nanoseconds, unit: "ns" },
      { case: one.name, metric: "rows/s", value: 1e9 / nanoseconds, unit: "1/s" },
      { case: one.name, metric: "throughput", value: (bytes.length / ROWS / nanoseconds) * 1e3, unit: "MB/s" },
    );
  }
  return makeReport("wire", report);
}
