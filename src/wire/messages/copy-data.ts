/** CopyData ('d') of both directions: the payload is the data. */
import { MessageWriter } from "../bytes.ts";
import { FRONTEND } from "../types.ts";

export function encodeCopyData(data: Buffer): Buffer {
  return new MessageWriter(FRONTEND.CopyData, data.length + 5).bytes(data).finish();
}
