/** Parse (frontend 'P'): makes a prepared statement; name, text, and the type OIDs of the first parameters. */
import { assert } from "../../base/assert.ts";
import { ByteReader, MessageWriter } from "../bytes.ts";
import { FRONTEND } from "../types.ts";

export interface Parse {
  /** Byte string; "" is the unnamed statement. */
  readonly name: string;
  /** The SQL text in client_encoding, without the NUL. */
  readonly text: Buffer;
  /** Type OIDs; 0 leaves one to the server. May be shorter than the list of parameters. */
  readonly paramOids: readonly number[];
}

export function decodeParse(buffer: Buffer, payload: number, end: number): Parse {
  const reader = new ByteReader(buffer, payload, end);
  const name = reader.cstring();
  const text = reader.cbytes();
  const paramOids: number[] = [];
  for (let left = reader.count(4); left > 0; left--) paramOids.push(reader.uint32());
  reader.finish();
  return { name, text, paramOids };
}

/** @param text in client_encoding; a string is a byte string */
export function encodeParse(name: string, text: Buffer | string, paramOids: readonly number[]): Buffer {
  assert(paramOids.length <= 0xffff, "more parameter types than Parse can hold");
  const writer = new MessageWriter(FRONTEND.Parse, name.length + text.length + 4 * paramOids.length + 9);
  writer.cstring(name).cstring(text).uint16(paramOids.length);
  for (const oid of paramOids) writer.int32(oid);
  return writer.finish();
}
