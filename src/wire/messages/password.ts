/**
 * Password messages (frontend 'p'). Three share the type byte; which one it is follows from what the server asked for:
 * PasswordMessage (a NUL-terminated password), SASLInitialResponse (mechanism and first message), SASLResponse (bytes).
 */
import { ByteReader, MessageWriter, violation } from "../bytes.ts";
import { FRONTEND } from "../types.ts";

export interface SaslInitialResponse {
  readonly mechanism: string;
  /** Undefined if the client sent no first message with it. */
  readonly data: Buffer | undefined;
}

/** @returns the password's bytes (a view) as the client sent them */
export function decodePassword(buffer: Buffer, payload: number, end: number): Buffer {
  const reader = new ByteReader(buffer, payload, end);
  const password = reader.cbytes();
  reader.finish();
  return password;
}

export function encodePassword(password: Buffer): Buffer {
  return new MessageWriter(FRONTEND.Password, password.length + 6).cstring(password).finish();
}

export function decodeSaslInitialResponse(buffer: Buffer, payload: number, end: number): SaslInitialResponse {
  const reader = new ByteReader(buffer, payload, end);
  const mechanism = reader.cstring();
  const data = reader.value();
  reader.finish();
  return { mechanism, data: data ?? undefined };
}

export function encodeSaslInitialResponse(response: SaslInitialResponse): Buffer {
  return new MessageWriter(FRONTEND.Password)
    .cstring(response.mechanism)
    .value(response.data ?? null)
    .finish();
}

/** @returns the mechanism's bytes (a view) */
export function decodeSaslResponse(buffer: Buffer, payload: number, end: number): Buffer {
  if (payload > end) throw violation("A message ends before its last field.");
  return buffer.subarray(payload, end);
}

export function encodeSaslResponse(data: Buffer): Buffer {
  return new MessageWriter(FRONTEND.Password, data.length + 5).bytes(data).finish();
}
