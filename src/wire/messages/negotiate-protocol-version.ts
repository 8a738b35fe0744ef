/** NegotiateProtocolVersion (backend 'v'): the newest version that the server speaks, and the options it does not know. */
import { ByteReader, MessageWriter, violation } from "../bytes.ts";
import { BACKEND } from "../types.ts";

export interface NegotiateProtocolVersion {
  /** Major in the upper, minor in the lower 16 bits: 3.0 is 0x30000. */
  readonly version: number;
  /** Names of `_pq_.` options, byte strings. */
  readonly unknownOptions: readonly string[];
}

export function decodeNegotiateProtocolVersion(buffer: Buffer, payload: number, end: number): NegotiateProtocolVersion {
  const reader = new ByteReader(buffer, payload, end);
  const version = reader.int32();
  const count = reader.int32();
  if (count < 0 || count > reader.left) throw violation("A message announces more elements than it holds.");
  const unknownOptions: string[] = [];
  for (let left = count; left > 0; left--) unknownOptions.push(reader.cstring());
  reader.finish();
  return { version, unknownOptions };
}

export function encodeNegotiateProtocolVersion(message: NegotiateProtocolVersion): Buffer {
  const writer = new MessageWriter(BACKEND.NegotiateProtocolVersion);
  writer.int32(message.version).int32(message.unknownOptions.length);
  for (const option of message.unknownOptions) writer.cstring(option);
  return writer.finish();
}
