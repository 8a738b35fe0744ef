/** What Describe and Close share: the kind of a thing and its name. */
import { ByteReader, MessageWriter, violation } from "./bytes.ts";

export interface Target {
  readonly target: "statement" | "portal";
  /** Byte string; "" is the unnamed one. */
  readonly name: string;
}

const STATEMENT = "S".charCodeAt(0);
const PORTAL = "P".charCodeAt(0);

export function decodeTarget(buffer: Buffer, payload: number, end: number): Target {
  const reader = new ByteReader(buffer, payload, end);
  const kind = reader.uint8();
  if (kind !== STATEMENT && kind !== PORTAL) throw violation("A message names neither a statement nor a portal.");
  const name = reader.cstring();
  reader.finish();
  return { target: kind === STATEMENT ? "statement" : "portal", name };
}

export function encodeTarget(type: number, { target, name }: Target): Buffer {
  const kind = target === "statement" ? STATEMENT : PORTAL;
  return new MessageWriter(type, name.length + 7).uint8(kind).cstring(name).finish();
}
