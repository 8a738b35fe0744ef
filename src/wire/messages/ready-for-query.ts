/** ReadyForQuery (backend 'Z'): the server waits, and says how the transaction stands. */
import { ByteReader, MessageWriter, violation } from "../bytes.ts";
import { BACKEND } from "../types.ts";

/** I: none. T: in a transaction. E: in a failed one. */
export type TransactionStatus = "I" | "T" | "E";

function isStatus(letter: string): letter is TransactionStatus {
  return letter === "I" || letter === "T" || letter === "E";
}

export function decodeReadyForQuery(buffer: Buffer, payload: number, end: number): TransactionStatus {
  const reader = new ByteReader(buffer, payload, end);
  const letter = String.fromCharCode(reader.uint8());
  reader.finish();
  if (!isStatus(letter)) throw violation("The server reported an unknown transaction status.");
  return letter;
}

export function encodeReadyForQuery(status: TransactionStatus): Buffer {
  return new MessageWriter(BACKEND.ReadyForQuery, 6).uint8(status.charCodeAt(0)).finish();
}
