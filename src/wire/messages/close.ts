/** Close (frontend 'C'): drops a prepared statement or a portal. */
import { type Target, decodeTarget, encodeTarget } from "../target.ts";
import { FRONTEND } from "../types.ts";

export function decodeClose(buffer: Buffer, payload: number, end: number): Target {
  return decodeTarget(buffer, payload, end);
}

export function encodeClose(target: Target): Buffer {
  return encodeTarget(FRONTEND.Close, target);
}
