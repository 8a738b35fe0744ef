/**
 * Cuts a stream of typed messages (type byte, int32 length that counts itself, payload) out of the chunks that a socket
 * delivers, without copying what lies whole in one chunk.
 *
 * Life of a message: it lies whole in the chunk -> delivered in place. It is cut off by the end of the chunk ->
 * its bytes are gathered in one buffer of its own, or, if `fragmented` says so, handed on as they arrive.
 */
import { LIMITS } from "../base/limits.ts";
import { int32At, violation } from "./bytes.ts";

export interface MessageReaderOptions {
  /** Largest payload in bytes (without type and length) of a message that is delivered whole; may depend on its type. */
  readonly maxBytes: number | ((type: number) => number);
  /**
   * Whether a message may be delivered in fragments while it arrives, however long it is. Asked at most twice for a
   * message, when all messages before it were delivered, so the answer may change from message to message.
   */
  readonly fragmented?: (type: number) => boolean;
}

const HEADER_BYTES = 5;
const EMPTY = Buffer.alloc(0);

/**
 * ```
 * reader.push(chunk);
 * while (reader.next()) relay(reader.buffer, reader.start, reader.end);
 * ```
 * The fields describe the current message until the following call of `next`. The reader never writes to a chunk, and
 * never looks again at bytes that it has delivered: the caller may change them in place, and keep them.
 */
export class MessageReader {
  /** Type byte of the current message. */
  type = 0;
  /** Where the current bytes are: the pushed chunk itself, or a buffer made for this message. */
  buffer: Buffer = EMPTY;
  /** Offset of the type byte; in a fragment other than the first, of its first byte. */
  start = 0;
  /** Offset of the payload. */
  payload = 0;
  /** Offset after the last byte. */
  end = 0;
  /** False for a fragment. `first` and `last` are both true for a whole message. */
  whole = true;
  first = true;
  last = true;
  /** Bytes pushed and not delivered yet. */
  pending = 0;

  readonly #options: MessageReaderOptions;
  #chunk: Buffer = EMPTY;
  #at = 0;
  readonly #queue: Buffer[] = [];
  /** A header cut by the end of a chunk. */
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  /** The message being gathered: `gatheredBytes` of `totalBytes` are there. */
  #gathering: Buffer | undefined;
  #gatheredBytes = 0;
  #totalBytes = 0;
  /** Bytes still to come of the message that is being delivered in fragments. */
  #fragmentBytesLeft = 0;

  constructor(options: MessageReaderOptions) {
    this.#options = options;
  }

  /** Hands over a chunk. It may be pushed before the ones before it were read to their end. */
  push(chunk: Buffer): void {
    this.pending += chunk.length;
    if (this.#at === this.#chunk.length && this.#queue.length === 0) {
      this.#chunk = chunk;
      this.#at = 0;
    } else if (chunk.length > 0) {
      this.#queue.push(chunk);
    }
  }

  /** True between messages: nothing of an unfinished message has been seen. */
  get idle(): boolean {
    return this.pending === 0 && this.#fragmentBytesLeft === 0;
  }

  /**
   * Bytes that were pushed and not delivered, taken out of the reader; it is empty afterwards. For handing the stream to
   * another reader (TLS) between messages.
   */
  takeRest(): Buffer {
    const rest = Buffer.concat([
      this.#header.subarray(0, this.#headerBytes),
      this.#gathering?.subarray(0, this.#gatheredBytes) ?? EMPTY,
      this.#chunk.subarray(this.#at),
      ...this.#queue,
    ]);
    this.#chunk = EMPTY;
    this.#at = this.#headerBytes = this.#gatheredBytes = this.pending = 0;
    this.#gathering = undefined;
    this.#queue.length = 0;
    return rest;
  }

  /**
   * Advances to the next message or fragment.
   * @returns false if more bytes are needed
   * @throws PROTOCOL_VIOLATION on a length that is impossible or over `maxBytes`; it is thrown again by every further call
   */
  next(): boolean {
    for (;;) {
      const available = this.#chunk.length - this.#at;
      if (available === 0) {
        if (!this.#takeChunk()) return false;
      } else if (this.#fragmentBytesLeft > 0) {
        return this.#deliverFragment(available);
      } else if (this.#gathering !== undefined) {
        if (this.#gather(available)) return true;
      } else if (this.#headerBytes > 0 || available < HEADER_BYTES) {
        if (this.#gatherHeader(available)) return true;
      } else {
        const chunk = this.#chunk;
        const at = this.#at;
        const length = int32At(chunk, at + 1);
        const type = chunk[at]!;
        this.#check(type, length);
        if (available <= length) return this.#beginCut(type, length, available);
        this.#deliver(type, chunk, at, at + 1 + length);
        this.#at = this.end;
        return true;
      }
    }
  }

  #takeChunk(): boolean {
    const chunk = this.#queue.shift();
    if (chunk === undefined) {
      this.#chunk = EMPTY;
      this.#at = 0;
      return false;
    }
    this.#chunk = chunk;
    this.#at = 0;
    return true;
  }

  #check(type: number, length: number): void {
    if (length < 4) throw violation("A message has a length below 4.");
    const { maxBytes } = this.#options;
    const max = typeof maxBytes === "number" ? maxBytes : maxBytes(type);
    if (length - 4 > max && !this.#mayFragment(type)) throw violation("A message is longer than allowed here.");
  }

  #mayFragment(type: number): boolean {
    return this.#options.fragmented?.(type) ?? false;
  }

  #deliver(type: number, buffer: Buffer, start: number, end: number): void {
    this.type = type;
    this.buffer = buffer;
    this.start = start;
    this.payload = start + HEADER_BYTES;
    this.end = end;
    this.whole = true;
    this.first = true;
    this.last = true;
    this.pending -= end - start;
  }

  /** The header lies in the chunk, the end of the message does not. */
  #beginCut(type: number, length: number, available: number): boolean {
    const chunk = this.#chunk;
    const at = this.#at;
    if (this.#mayFragment(type)) {
      this.#at = chunk.length;
      this.#deliver(type, chunk, at, chunk.length);
      this.whole = false;
      this.last = false;
      this.#fragmentBytesLeft = length + 1 - available;
      return true;
    }
    this.#beginGathering(length + 1, available);
    return this.#gather(available) || this.next();
  }

  #deliverFragment(available: number): boolean {
    const bytes = Math.min(available, this.#fragmentBytesLeft);
    this.#deliver(this.type, this.#chunk, this.#at, this.#at + bytes);
    this.payload = this.start;
    this.#at = this.end;
    this.#fragmentBytesLeft -= bytes;
    this.whole = false;
    this.first = false;
    this.last = this.#fragmentBytesLeft === 0;
    return true;
  }

  #gatherHeader(available: number): boolean {
    const bytes = Math.min(HEADER_BYTES - this.#headerBytes, available);
    this.#chunk.copy(this.#header, this.#headerBytes, this.#at, this.#at + bytes);
    this.#headerBytes += bytes;
    this.#at += bytes;
    if (this.#headerBytes < HEADER_BYTES) return false;

    const type = this.#header[0]!;
    const length = int32At(this.#header, 1);
    try {
      this.#check(type, length);
    } catch (error) {
      this.#headerBytes -= bytes;
      this.#at -= bytes;
      throw error;
    }
    this.#headerBytes = 0;
    if (length === 4 || this.#mayFragment(type)) {
      this.#deliver(type, Buffer.from(this.#header), 0, HEADER_BYTES);
      this.#fragmentBytesLeft = length - 4;
      this.whole = this.last = length === 4;
      return true;
    }
    this.#beginGathering(length + 1, HEADER_BYTES);
    this.#header.copy(this.#gathering!);
    this.#gatheredBytes = HEADER_BYTES;
    return false;
  }

  /** A length is a claim: up to `messagePreallocateBytesMax` it is believed, past it room grows with what has come. */
  #beginGathering(totalBytes: number, haveBytes: number): void {
    const believed = Math.max(LIMITS.messagePreallocateBytesMax, 2 * haveBytes);
    this.#gathering = Buffer.allocUnsafe(Math.min(totalBytes, believed));
    this.#gatheredBytes = 0;
    this.#totalBytes = totalBytes;
  }

  #gather(available: number): boolean {
    let into = this.#gathering!;
    const bytes = Math.min(this.#totalBytes - this.#gatheredBytes, available);
    if (this.#gatheredBytes + bytes > into.length) {
      into = Buffer.allocUnsafe(Math.min(this.#totalBytes, 2 * (this.#gatheredBytes + bytes)));
      this.#gathering!.copy(into, 0, 0, this.#gatheredBytes);
      this.#gathering = into;
    }
    this.#chunk.copy(into, this.#gatheredBytes, this.#at, this.#at + bytes);
    this.#gatheredBytes += bytes;
    this.#at += bytes;
    if (this.#gatheredBytes < this.#totalBytes) return false;

    this.#gathering = undefined;
    this.#gatheredBytes = 0;
    this.#deliver(into[0]!, into, 0, this.#totalBytes);
    return true;
  }
}
