/** ParameterStatus (backend 'S'): the value of a setting that the client has to know, at the start and on change. */
import { ByteReader, MessageWriter } from "../bytes.ts";
import { BACKEND } from "../types.ts";

export interface ParameterStatus {
  /** Byte strings. */
  readonly name: string;
  readonly value: string;
}

export function decodeParameterStatus(buffer: Buffer, payload: number, end: number): ParameterStatus {
  const reader = new ByteReader(buffer, payload, end);
  const name = reader.cstring();
  const value = reader.cstring();
  reader.finish();
  return { name, value };
}

export function encodeParameterStatus(status: ParameterStatus): Buffer {
  return new MessageWriter(BACKEND.ParameterStatus).cstring(status.name).cstring(status.value).finish();
}
