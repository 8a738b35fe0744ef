/**
 * Takes companions off the end of rows, in place: the hot path of every protected result.
 *
 * Rows are compacted towards the start of the buffer that they came in: each is moved once, by the bytes that were
 * stripped before it, and the first not at all. Only field lengths are walked.
 */
import { int32At, putInt32, putUint16, uint16At, violation } from "./bytes.ts";

/** Takes in the companions of a row. */
export interface CompanionSink {
  /** Companion number `index` has the bytes from `from` to `to`, or is SQL NULL if `to` is -1. Look at them now. */
  collect(index: number, buffer: Buffer, from: number, to: number): void;
}

/** Type, length and column count. */
const ROW_HEADER_BYTES = 7;
/** Numbers that follow a column's name in RowDescription. */
const COLUMN_NUMBERS_BYTES = 18;

function wrongColumns(): Error {
  return violation("The server returned another number of columns than the statement was planned with.");
}

function cut(): Error {
  return violation("A row ends before its last column, or after it.");
}

/** Moves bytes towards the start, also over themselves. (Measured: a loop is no faster, not even for 36 bytes.) */
function move(buffer: Buffer, to: number, from: number, end: number): void {
  if (to !== from) buffer.copyWithin(to, from, end);
}

/** @returns the offset after the header of a row, or of a RowDescription, which has as many columns as were planned */
function firstField(buffer: Buffer, start: number, end: number, columns: number): number {
  if (end - start < ROW_HEADER_BYTES || uint16At(buffer, start + 5) !== columns) throw wrongColumns();
  return start + ROW_HEADER_BYTES;
}

/**
 * Strips the companions off one DataRow.
 *
 * @param start offset of the type byte; `end` the offset after the message
 * @param visible columns that the client gets; `companions` columns after them that it does not
 * @param out where to write the row, at most `start`; bytes before `start` are overwritten
 * @param sink is given every companion, before anything is moved
 * @returns the offset after the row that was written
 * @throws PROTOCOL_VIOLATION if the row is malformed or has not `visible + companions` columns; nothing was written then
 */
export function stripDataRow(
  buffer: Buffer,
  start: number,
  end: number,
  visible: number,
  companions: number,
  out: number,
  sink: CompanionSink,
): number {
  let at = firstField(buffer, start, end, visible + companions);
  for (let left = visible; left > 0; left--) {
    if (end - at < 4) throw cut();
    const length = int32At(buffer, at);
    at += 4;
    if (length > 0) {
      if (length > end - at) throw cut();
      at += length;
    } else if (length < -1) throw cut();
  }
  const tail = at;
  for (let i = 0; i < companions; i++) {
    if (end - at < 4) throw cut();
    const length = int32At(buffer, at);
    at += 4;
    if (length < -1 || length > end - at) throw cut();
    const from = at;
    if (length > 0) at += length;
    sink.collect(i, buffer, from, length === -1 ? -1 : at);
  }
  if (at !== end) throw cut();

  return shorten(buffer, start, tail, visible, out);
}

/** Writes at `out` what stands between `start` and `tail`, under a header of its own. */
function shorten(buffer: Buffer, start: number, tail: number, visible: number, out: number): number {
  buffer[out] = buffer[start]!;
  move(buffer, out + ROW_HEADER_BYTES, start + ROW_HEADER_BYTES, tail);
  putInt32(buffer, out + 1, tail - start - 1);
  putUint16(buffer, out + 5, visible);
  return out + tail - start;
}

/**
 * Strips the companions off a RowDescription; parameters and errors as in `stripDataRow`.
 */
export function stripRowDescription(
  buffer: Buffer,
  start: number,
  end: number,
  visible: number,
  companions: number,
  out: number,
): number {
  let at = firstField(buffer, start, end, visible + companions);
  let tail = at;
  for (let column = 0; column < visible + companions; column++) {
    if (column === visible) tail = at;
    const nul = buffer.indexOf(0, at);
    if (nul === -1 || nul >= end || end - nul <= COLUMN_NUMBERS_BYTES) throw cut();
    at = nul + 1 + COLUMN_NUMBERS_BYTES;
  }
  if (companions === 0) tail = at;
  if (at !== end) throw cut();

  return shorten(buffer, start, tail, visible, out);
}

/**
 * Strips the companions off the column formats of a CopyOutResponse; parameters and errors as in `stripDataRow`.
 */
export function stripCopyResponse(
  buffer: Buffer,
  start: number,
  end: number,
  visible: number,
  companions: number,
  out: number,
): number {
  const columns = visible + companions;
  if (end - start < ROW_HEADER_BYTES + 1 || uint16At(buffer, start + 6) !== columns) throw wrongColumns();
  if (end - start !== 8 + 2 * columns) throw cut();

  const tail = end - 2 * companions;
  move(buffer, out, start, tail);
  putInt32(buffer, out + 1, tail - start - 1);
  putUint16(buffer, out + 6, visible);
  return out + tail - start;
}
