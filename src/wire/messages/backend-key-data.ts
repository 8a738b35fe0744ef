/** BackendKeyData (backend 'K'): what a client needs to cancel. The key has 4 bytes in protocol 3.0, 4 to 256 in 3.2. */
import { LIMITS } from "../../base/limits.ts";
import { ByteReader, MessageWriter, violation } from "../bytes.ts";
import { BACKEND } from "../types.ts";

export interface BackendKeyData {
  readonly processId: number;
  readonly secret: Buffer;
}

export function decodeBackendKeyData(buffer: Buffer, payload: number, end: number): BackendKeyData {
  const reader = new ByteReader(buffer, payload, end);
  const processId = reader.int32();
  const secret = reader.rest();
  if (secret.length < 4 || secret.length > LIMITS.cancelKeyBytesMax)
    throw violation("A cancel key has an impossible length.");
  return { processId, secret };
}

export function encodeBackendKeyData(data: BackendKeyData): Buffer {
  return new MessageWriter(BACKEND.BackendKeyData, data.secret.length + 9)
    .int32(data.processId)
    .bytes(data.secret)
    .finish();
}
