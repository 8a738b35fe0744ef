/** CommandComplete (backend 'C'): a statement ended; its tag, which for many commands holds a row count. */
import { ByteReader, MessageWriter } from "../bytes.ts";
import { BACKEND } from "../types.ts";

export interface CommandTag {
  /** "SELECT", "INSERT", "CREATE TABLE", ... */
  readonly command: string;
  /** The last number of the tag; undefined for a command that counts no rows. */
  readonly rows: number | undefined;
}

/** @returns the tag, a byte string: "SELECT 3", "INSERT 0 1", "CREATE TABLE" */
export function decodeCommandComplete(buffer: Buffer, payload: number, end: number): string {
  const reader = new ByteReader(buffer, payload, end);
  const tag = reader.cstring();
  reader.finish();
  return tag;
}

export function encodeCommandComplete(tag: string): Buffer {
  return new MessageWriter(BACKEND.CommandComplete, tag.length + 6).cstring(tag).finish();
}

/** Takes a tag apart. A count past 2^53 is rounded. */
export function commandTag(tag: string): CommandTag {
  const match = /^(.*?)(?: \d{1,10})?(?: (\d{1,20}))$/.exec(tag);
  if (match === null) return { command: tag, rows: undefined };
  return { command: match[1]!, rows: Number(match[2]) };
}
