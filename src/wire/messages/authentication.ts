/** Authentication* (backend 'R'): what the server wants from the client next, or that it is satisfied. */
import { unreachable } from "../../base/assert.ts";
import { ByteReader, MessageWriter, violation } from "../bytes.ts";
import { BACKEND } from "../types.ts";

export type Authentication =
  | { readonly kind: "ok" }
  | { readonly kind: "cleartext" }
  /** Four bytes of salt. */
  | { readonly kind: "md5"; readonly salt: Buffer }
  | { readonly kind: "sasl"; readonly mechanisms: readonly string[] }
  | { readonly kind: "sasl-continue"; readonly data: Buffer }
  | { readonly kind: "sasl-final"; readonly data: Buffer }
  /** Kerberos, GSSAPI, SSPI and whatever comes later: this gateway speaks none of them. */
  | { readonly kind: "unsupported"; readonly code: number; readonly data: Buffer };

const CODES = { ok: 0, cleartext: 3, md5: 5, sasl: 10, "sasl-continue": 11, "sasl-final": 12 } as const;

export function decodeAuthentication(buffer: Buffer, payload: number, end: number): Authentication {
  const reader = new ByteReader(buffer, payload, end);
  const code = reader.int32();
  const message = decodeKind(code, reader);
  reader.finish();
  return message;
}

function decodeKind(code: number, reader: ByteReader): Authentication {
  switch (code) {
    case CODES.ok:
      return { kind: "ok" };
    case CODES.cleartext:
      return { kind: "cleartext" };
    case CODES.md5:
      return { kind: "md5", salt: reader.bytes(4) };
    case CODES.sasl:
      return { kind: "sasl", mechanisms: decodeMechanisms(reader) };
    case CODES["sasl-continue"]:
      return { kind: "sasl-continue", data: reader.rest() };
    case CODES["sasl-final"]:
      return { kind: "sasl-final", data: reader.rest() };
    default:
      return { kind: "unsupported", code, data: reader.rest() };
  }
}

function decodeMechanisms(reader: ByteReader): string[] {
  const mechanisms: string[] = [];
  for (;;) {
    const name = reader.cstring();
    if (name === "") break;
    mechanisms.push(name);
  }
  if (mechanisms.length === 0) throw violation("The server asked for SASL and offered no mechanism.");
  return mechanisms;
}

export function encodeAuthentication(message: Authentication): Buffer {
  const writer = new MessageWriter(BACKEND.Authentication);
  writer.int32(message.kind === "unsupported" ? message.code : CODES[message.kind]);
  switch (message.kind) {
    case "ok":
    case "cleartext":
      break;
    case "md5":
      writer.bytes(message.salt);
      break;
    case "sasl":
      for (const mechanism of message.mechanisms) writer.cstring(mechanism);
      writer.cstring("");
      break;
    case "sasl-continue":
    case "sasl-final":
    case "unsupported":
      writer.bytes(message.data);
      break;
    default:
      unreachable(message);
  }
  return writer.finish();
}
