/** ParameterDescription (backend 't'): the types of a statement's parameters. */
import { assert } from "../../base/assert.ts";
import { ByteReader, MessageWriter } from "../bytes.ts";
import { BACKEND } from "../types.ts";

/** @returns type OIDs */
export function decodeParameterDescription(buffer: Buffer, payload: number, end: number): number[] {
  const reader = new ByteReader(buffer, payload, end);
  const oids: number[] = [];
  for (let left = reader.count(4); left > 0; left--) oids.push(reader.uint32());
  reader.finish();
  return oids;
}

export function encodeParameterDescription(oids: readonly number[]): Buffer {
  assert(oids.length <= 0xffff, "more parameters than ParameterDescription can hold");
  const writer = new MessageWriter(BACKEND.ParameterDescription, 7 + 4 * oids.length).uint16(oids.length);
  for (const oid of oids) writer.int32(oid);
  return writer.finish();
}
