/** CopyInResponse (backend 'G') and CopyOutResponse ('H'): a COPY begins; its overall format and that of each column. */
import { assert } from "../../base/assert.ts";
import { ByteReader, MessageWriter, violation } from "../bytes.ts";
import { BACKEND } from "../types.ts";

export interface CopyResponse {
  readonly binary: boolean;
  /** 0 text, 1 binary, one for each column. */
  readonly columnFormats: readonly number[];
}

/** Decodes CopyInResponse, CopyOutResponse and CopyBothResponse alike. */
export function decodeCopyResponse(buffer: Buffer, payload: number, end: number): CopyResponse {
  const reader = new ByteReader(buffer, payload, end);
  const format = reader.uint8();
  if (format > 1) throw violation("A COPY has an unknown format.");
  const columnFormats: number[] = [];
  for (let left = reader.count(2); left > 0; left--) columnFormats.push(reader.int16());
  reader.finish();
  return { binary: format === 1, columnFormats };
}

function encodeCopyResponse(type: number, response: CopyResponse): Buffer {
  assert(response.columnFormats.length <= 0xffff, "more columns than a COPY can hold");
  const writer = new MessageWriter(type, 8 + 2 * response.columnFormats.length);
  writer.uint8(response.binary ? 1 : 0).uint16(response.columnFormats.length);
  for (const format of response.columnFormats) writer.uint16(format);
  return writer.finish();
}

export function encodeCopyInResponse(response: CopyResponse): Buffer {
  return encodeCopyResponse(BACKEND.CopyInResponse, response);
}

export function encodeCopyOutResponse(response: CopyResponse): Buffer {
  return encodeCopyResponse(BACKEND.CopyOutResponse, response);
}
