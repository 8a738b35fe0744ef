/** Execute (frontend 'E'): runs a portal up to a number of rows. */
import { ByteReader, MessageWriter } from "../bytes.ts";
import { FRONTEND } from "../types.ts";

export interface Execute {
  /** Byte string; "" is the unnamed portal. */
  readonly portal: string;
  /** 0 and below mean all rows, as PostgreSQL reads it. */
  readonly maxRows: number;
}

export function decodeExecute(buffer: Buffer, payload: number, end: number): Execute {
  const reader = new ByteReader(buffer, payload, end);
  const portal = reader.cstring();
  const maxRows = reader.int32();
  reader.finish();
  return { portal, maxRows };
}

export function encodeExecute(execute: Execute): Buffer {
  return new MessageWriter(FRONTEND.Execute, execute.portal.length + 10)
    .cstring(execute.portal)
    .int32(execute.maxRows)
    .finish();
}
