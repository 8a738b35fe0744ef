/** Describe (frontend 'D'): asks what a statement or portal takes and returns. */
import { type Target, decodeTarget, encodeTarget } from "../target.ts";
import { FRONTEND } from "../types.ts";

export function decodeDescribe(buffer: Buffer, payload: number, end: number): Target {
  return decodeTarget(buffer, payload, end);
}

export function encodeDescribe(target: Target): Buffer {
  return encodeTarget(FRONTEND.Describe, target);
}
