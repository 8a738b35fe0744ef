/** CopyFail (frontend 'f'): the client gives up its COPY FROM STDIN, with a reason. */
import { ByteReader, MessageWriter } from "../bytes.ts";
import { FRONTEND } from "../types.ts";

/** @returns the reason, a byte string */
export function decodeCopyFail(buffer: Buffer, payload: number, end: number): string {
  const reader = new ByteReader(buffer, payload, end);
  const reason = reader.cstring();
  reader.finish();
  return reason;
}

export function encodeCopyFail(reason: string): Buffer {
  return new MessageWriter(FRONTEND.CopyFail, reason.length + 6).cstring(reason).finish();
}
