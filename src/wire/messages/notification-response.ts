/** NotificationResponse (backend 'A'): a NOTIFY of some session, to one that listens. */
import { ByteReader, MessageWriter } from "../bytes.ts";
import { BACKEND } from "../types.ts";

export interface NotificationResponse {
  readonly processId: number;
  /** Byte strings. */
  readonly channel: string;
  readonly payload: string;
}

export function decodeNotificationResponse(buffer: Buffer, payload: number, end: number): NotificationResponse {
  const reader = new ByteReader(buffer, payload, end);
  const message = { processId: reader.int32(), channel: reader.cstring(), payload: reader.cstring() };
  reader.finish();
  return message;
}

export function encodeNotificationResponse(message: NotificationResponse): Buffer {
  return new MessageWriter(BACKEND.NotificationResponse)
    .int32(message.processId)
    .cstring(message.channel)
    .cstring(message.payload)
    .finish();
}
