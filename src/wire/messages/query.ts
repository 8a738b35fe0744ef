/** Query (frontend 'Q'): a simple query, the text NUL-terminated, in client_encoding. */
import { ByteReader, MessageWriter } from "../bytes.ts";
import { FRONTEND } from "../types.ts";

/** @returns the bytes of the SQL text, a view without the NUL */
export function decodeQuery(buffer: Buffer, payload: number, end: number): Buffer {
  const reader = new ByteReader(buffer, payload, end);
  const text = reader.cbytes();
  reader.finish();
  return text;
}

/** @param text in client_encoding; a string is a byte string */
export function encodeQuery(text: Buffer | string): Buffer {
  return new MessageWriter(FRONTEND.Query, text.length + 6).cstring(text).finish();
}
