/** Describe (frontend 'D') and Close (frontend 'C'): the same payload, the kind of a thing and its name. */
import { ByteReader, MessageWriter, violation } from "../bytes.ts";
import { FRONTEND } from "../types.ts";

export interface Target {
  readonly kind: "statement" | "portal";
  /** Byte string; "" is the unnamed one. */
  readonly name: string;
}

const STATEMENT = "S".charCodeAt(0);
const PORTAL = "P".charCodeAt(0);

/** Decodes Describe and Close alike. */
export function decodeTarget(buffer: Buffer, payload: number, end: number): Target {
  const reader = new ByteReader(buffer, payload, end);
  const kind = reader.uint8();
  if (kind !== STATEMENT && kind !== PORTAL) throw violation("A message names neither a statement nor a portal.");
  const name = reader.cstring();
  reader.finish();
  return { kind: kind === STATEMENT ? "statement" : "portal", name };
}

function encodeTarget(type: number, target: Target): Buffer {
  const kind = target.kind === "statement" ? STATEMENT : PORTAL;
  return new MessageWriter(type, target.name.length + 7).uint8(kind).cstring(target.name).finish();
}

export function encodeDescribe(target: Target): Buffer {
  return encodeTarget(FRONTEND.Describe, target);
}

export function encodeClose(target: Target): Buffer {
  return encodeTarget(FRONTEND.Close, target);
}
