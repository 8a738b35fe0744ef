/**
 * Companions in COPY ... TO STDOUT: every CopyData message is one row, whose last fields are taken off.
 *
 * The formats are those of the PostgreSQL documentation, 'COPY', 'File Formats'. Fields of text and csv are walked from
 * the first to the last, and counted: a message that is not exactly one row of the planned number of columns is refused.
 */
import { LIMITS } from "../base/limits.ts";
import { WhosawError } from "../base/errors.ts";
import { int32At, putInt32, putUint16, uint16At, violation } from "./bytes.ts";
import { embedsAscii } from "./sqltext.ts";
import type { CompanionSink } from "./strip.ts";

/** As a COPY statement says it; bytes as numbers. */
export interface CopyRowFormat {
  readonly format: "text" | "csv" | "binary";
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
  readonly header: boolean;
  /** The NULL string, as the statement says it: `\N` for text, empty for csv if it says nothing. */
  readonly nullText: string;
}

export interface CopyStripperOptions {
  /** What the data is written in: client_encoding, or the option ENCODING of the COPY. */
  readonly encoding?: string | undefined;
}

const HEADER_BYTES = 5;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BACKSLASH = 0x5c;
/** Signature, flags, length of the header extension. */
const BINARY_HEADER_BYTES = 19;
const BINARY_SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const BINARY_TRAILER = 0xffff;
/** What companions are written in (see Companion in lineage/plan.ts). */
const COMPANION = /^[0-9a-f=,{}-]+$/;

function malformed(what: string): WhosawError {
  return violation(`COPY data cannot be accounted for: ${what}.`);
}

/** Strips the CopyData messages of one COPY, in order. */
export class CopyStripper {
  /** Whether the message stripped last was a row; headers and trailers are none. */
  row = false;

  readonly #format: CopyRowFormat;
  readonly #visible: number;
  readonly #columns: number;
  readonly #nullString: Buffer;
  #headerDue: boolean;
  #ended = false;
  /** Where the fields of the current row begin and end, without quotes; `quoted` says whether they had any. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #quoted: Uint8Array;
  /** Companions of the current row, unescaped. */
  #scratch = Buffer.allocUnsafe(256);

  /**
   * @throws FEATURE_NOT_SUPPORTED if NULL could not be told from a companion, or delimiters not from halves of characters
   */
  constructor(format: CopyRowFormat, visible: number, companions: number, options: CopyStripperOptions = {}) {
    this.#format = format;
    this.#visible = visible;
    this.#columns = visible + companions;
    this.#nullString = Buffer.from(format.nullText, "utf8");
    this.#headerDue = format.header || format.format === "binary";
    this.#from = new Int32Array(companions);
    this.#to = new Int32Array(companions);
    this.#quoted = new Uint8Array(companions);
    if (format.format === "text") checkTextNull(this.#nullString);
    if (format.format !== "binary") checkEncoding(options.encoding ?? "UTF8");
  }

  /**
   * Takes the companions off one CopyData message.
   * @param start offset of the type byte; `end` the offset after the message
   * @param out where to write the message, at most `start`
   * @returns the offset after what was written
   * @throws PROTOCOL_VIOLATION if the message is not one row (or header, or trailer) with the planned columns
   */
  strip(buffer: Buffer, start: number, end: number, out: number, sink: CompanionSink): number {
    if (this.#ended) throw malformed("data follows its end");
    if (this.#format.format === "binary") return this.#stripBinary(buffer, start, end, out, sink);

    this.row = !this.#headerDue;
    this.#headerDue = false;
    const payload = start + HEADER_BYTES;
    const cut =
      this.#format.format === "text" ? this.#walkText(buffer, payload, end) : this.#walkCsv(buffer, payload, end);
    if (this.row) this.#collect(buffer, sink);
    buffer.copyWithin(out, start, cut);
    const last = out + cut - start;
    buffer[last] = NEWLINE;
    putInt32(buffer, out + 1, last - out);
    return last + 1;
  }

  /** @returns where the first companion's field begins, with the delimiter before it */
  #walkText(buffer: Buffer, payload: number, end: number): number {
    const { delimiter } = this.#format;
    const last = end - 1;
    if (last < payload || buffer[last] !== NEWLINE) throw malformed("a row does not end with a newline");
    let field = 0;
    let from = payload;
    let cut = this.#visible === 0 ? payload : -1;
    for (let at = payload; at <= last; at++) {
      const byte = buffer[at]!;
      if (byte === BACKSLASH) {
        at++;
        if (at >= last) throw malformed("a row ends in an escape");
      } else if (byte === delimiter || at === last) {
        if (field >= this.#columns) throw malformed("a row has more columns than planned");
        this.#field(field, from, at, 0);
        field++;
        if (field === this.#visible) cut = at;
        from = at + 1;
      } else if (byte === NEWLINE) throw malformed("a message holds more than one row");
    }
    if (field !== this.#columns) throw malformed("a row has fewer columns than planned");
    return cut;
  }

  #walkCsv(buffer: Buffer, payload: number, end: number): number {
    const { delimiter, quote } = this.#format;
    const last = end - 1;
    if (last < payload || buffer[last] !== NEWLINE) throw malformed("a row does not end with a newline");
    let cut = this.#visible === 0 ? payload : -1;
    let at = payload;
    for (let field = 0; field < this.#columns; field++) {
      if (buffer[at] === quote) {
        const close = this.#closingQuote(buffer, at + 1, last);
        this.#field(field, at + 1, close, 1);
        at = close + 1;
      } else {
        const from = at;
        for (; at < last && buffer[at] !== delimiter; at++) {
          const byte = buffer[at];
          if (byte === quote || byte === NEWLINE || byte === CARRIAGE_RETURN) throw malformed("a field lacks quotes");
        }
        this.#field(field, from, at, 0);
      }
      if (field + 1 === this.#visible) cut = at;
      if (field + 1 === this.#columns) break;
      if (at >= last || buffer[at] !== delimiter) throw malformed("a row has fewer columns than planned");
      at++;
    }
    if (at !== last) throw malformed("a row has more columns than planned, or is followed by another");
    return cut;
  }

  #closingQuote(buffer: Buffer, from: number, last: number): number {
    const { quote, escape } = this.#format;
    for (let at = from; at < last; at++) {
      const byte = buffer[at];
      const next = buffer[at + 1];
      if (byte === escape && at + 1 < last && (next === quote || next === escape)) at++;
      else if (byte === quote) return at;
    }
    throw malformed("a quoted field is not closed");
  }

  #field(field: number, from: number, to: number, quoted: number): void {
    const companion = field - this.#visible;
    if (companion < 0) return;
    this.#from[companion] = from;
    this.#to[companion] = to;
    this.#quoted[companion] = quoted;
  }

  #collect(buffer: Buffer, sink: CompanionSink): void {
    for (let i = 0; i < this.#from.length; i++) {
      const from = this.#from[i]!;
      const to = this.#to[i]!;
      const quoted = this.#quoted[i] === 1;
      if (!quoted && this.#isNull(buffer, from, to)) {
        sink.collect(i, buffer, from, -1);
        continue;
      }
      const escape = this.#format.format === "text" ? BACKSLASH : quoted ? this.#format.escape : -1;
      this.#unescape(buffer, from, to, escape, i, sink);
    }
  }

  /** In text with NULL '' an empty field is taken for a row without key, which is never less than no row. */
  #isNull(buffer: Buffer, from: number, to: number): boolean {
    const nullString = this.#nullString;
    if (nullString.length === 0 && this.#format.format === "text") return false;
    return to - from === nullString.length && nullString.compare(buffer, from, to) === 0;
  }

  /** Escapes of the companions' alphabet stand for the character itself: none of it is a letter that text escapes. */
  #unescape(buffer: Buffer, from: number, to: number, escape: number, index: number, sink: CompanionSink): void {
    let at = from;
    while (at < to && buffer[at] !== escape) at++;
    if (at === to) {
      sink.collect(index, buffer, from, to);
      return;
    }
    if (this.#scratch.length < to - from) this.#scratch = Buffer.allocUnsafe(to - from);
    const scratch = this.#scratch;
    const { quote } = this.#format;
    let written = buffer.copy(scratch, 0, from, at);
    for (; at < to; at++) {
      if (buffer[at] === escape && at + 1 < to) {
        const next = buffer[at + 1]!;
        if (escape === BACKSLASH && this.#format.format === "text") {
          if (isTextEscape(next)) throw malformed("a key holds a character that no key has");
          at++;
        } else if (next === quote || next === escape) at++;
      }
      scratch[written++] = buffer[at]!;
    }
    sink.collect(index, scratch, 0, written);
  }

  /** [header] then a tuple or the trailer, or nothing: PostgreSQL sends the header with what follows it. */
  #stripBinary(buffer: Buffer, start: number, end: number, out: number, sink: CompanionSink): number {
    const payload = start + HEADER_BYTES;
    const tuple = this.#headerDue ? this.#binaryHeader(buffer, payload, end) : payload;
    this.#headerDue = false;
    this.row = false;
    let cut = tuple;
    if (tuple < end) {
      if (end - tuple < 2) throw malformed("a tuple is cut off");
      if (uint16At(buffer, tuple) === BINARY_TRAILER) {
        if (end - tuple !== 2) throw malformed("data follows its end");
        this.#ended = true;
        cut = end;
      } else {
        cut = this.#binaryTuple(buffer, tuple, end, sink);
        this.row = true;
      }
    }
    buffer.copyWithin(out, start, cut);
    const written = out + cut - start;
    putInt32(buffer, out + 1, written - out - 1);
    if (this.row) putUint16(buffer, out + tuple - start, this.#visible);
    return written;
  }

  /** @returns the offset after the header */
  #binaryHeader(buffer: Buffer, payload: number, end: number): number {
    const after = payload + BINARY_HEADER_BYTES;
    if (after > end || BINARY_SIGNATURE.compare(buffer, payload, payload + BINARY_SIGNATURE.length) !== 0) {
      throw malformed("the binary header is missing");
    }
    if (int32At(buffer, payload + 11) !== 0) throw malformed("the binary header has unknown flags");
    const extension = int32At(buffer, payload + 15);
    if (extension < 0 || extension > end - after || extension > LIMITS.copyHeaderExtensionBytesMax) {
      throw malformed("the binary header is cut off");
    }
    return after + extension;
  }

  /** @returns where the first companion's field begins */
  #binaryTuple(buffer: Buffer, tuple: number, end: number, sink: CompanionSink): number {
    if (uint16At(buffer, tuple) !== this.#columns)
      throw malformed("a tuple has another number of columns than planned");
    let at = tuple + 2;
    let cut = this.#visible === 0 ? at : -1;
    for (let field = 0; field < this.#columns; field++) {
      if (end - at < 4) throw malformed("a tuple is cut off");
      const length = int32At(buffer, at);
      const from = at + 4;
      if (length < -1 || length > end - from) throw malformed("a tuple is cut off");
      at = length === -1 ? from : from + length;
      if (field >= this.#visible) sink.collect(field - this.#visible, buffer, from, length === -1 ? -1 : at);
      else if (field + 1 === this.#visible) cut = at;
    }
    if (at !== end) throw malformed("a message holds more than one tuple");
    return cut;
  }
}

/** Bytes that stand for another one after a backslash in text format. */
function isTextEscape(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x37) || "bfnrtvxN.".includes(String.fromCharCode(byte));
}

/** In text format NULL is written bare, and a value that equals it too. */
function checkTextNull(nullString: Buffer): void {
  let trailing = 0;
  while (trailing < nullString.length && nullString[nullString.length - 1 - trailing] === BACKSLASH) trailing++;
  if (trailing % 2 === 1 || COMPANION.test(nullString.toString("latin1"))) {
    throw new WhosawError("FEATURE_NOT_SUPPORTED", "This NULL option of COPY cannot be told from a subject key.", {
      hint: "Leave out the NULL option, or use FORMAT csv, where NULL is told apart by its missing quotes.",
    });
  }
}

function checkEncoding(encoding: string): void {
  if (!embedsAscii(encoding)) return;
  throw new WhosawError("FEATURE_NOT_SUPPORTED", "COPY in this client_encoding cannot be accounted for.", {
    hint: "Run SET client_encoding = 'UTF8', or use FORMAT binary.",
  });
}
