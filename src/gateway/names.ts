/**
 * What a session has named: prepared statements (protocol and SQL share one namespace) and portals (cursors too).
 *
 * Messages are pipelined, so a name has two meanings. `get` is what it will mean when everything under way has been
 * done as it should: requests are rewritten by it. `answered` is what it means to the server at the message that it
 * answers now: rows are accounted for by it alone, because an error between may have kept a name what it was.
 *
 * Each setting under way carries the sequence number of its message; what an older message clears later does not touch it.
 */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { byteString } from "../wire/bytes.ts";
import { sqlText } from "../wire/sqltext.ts";

const isAscii = (bytes: string): boolean => !/[\u0080-\u00ff]/.test(bytes);

/**
 * The name by which the server knows what the protocol names so.
 * @param bytes a byte string in the session's encoding
 * @throws WhosawError STATEMENT_UNREADABLE, REFUSED if it is not certain which bytes the server keeps of it
 */
export function nameOfBytes(bytes: string, clientEncoding: string): string {
  if (isAscii(bytes)) return bytes.slice(0, LIMITS.sessionNameBytesMax);
  return nameOfText(sqlText(Buffer.from(bytes, "latin1"), clientEncoding).text);
}

/** As {@link nameOfBytes}, of an identifier in a statement. */
export function nameOfText(text: string): string {
  const name = byteString(text);
  if (name.length <= LIMITS.sessionNameBytesMax) return name;
  if (isAscii(name)) return name.slice(0, LIMITS.sessionNameBytesMax);
  throw new WhosawError("REFUSED", "the name of a statement or cursor is longer than 63 bytes", {
    hint: "give it a shorter one",
  });
}

interface Slot<T> {
  readonly value: T;
  readonly sequence: number;
}

export class Names<T> {
  readonly #slots = new Map<string, Slot<T>>();
  readonly #answered = new Map<string, T>();

  get size(): number {
    return this.#slots.size;
  }

  get(name: string): T | undefined {
    return this.#slots.get(name)?.value;
  }

  answered(name: string): T | undefined {
    return this.#answered.get(name);
  }

  /** The server has set the name. */
  confirm(name: string, value: T): void {
    this.#answered.set(name, value);
  }

  /** The server has removed the name. */
  forget(name: string): void {
    this.#answered.delete(name);
  }

  /** The server has removed every name for which `keep` does not say otherwise. */
  forgetAll(keep: (value: T) => boolean = () => false): void {
    for (const [name, value] of this.#answered) if (!keep(value)) this.#answered.delete(name);
  }

  /** Sets a name, and returns what takes the setting back (the server answered with an error). */
  set(name: string, value: T, sequence: number): () => void {
    const before = this.#slots.get(name);
    const slot = { value, sequence };
    this.#slots.set(name, slot);
    return () => {
      if (this.#slots.get(name) !== slot) return;
      if (before === undefined) this.#slots.delete(name);
      else this.#slots.set(name, before);
    };
  }

  /** Removes a name unless it was set by a later message, and returns what takes the removal back. */
  delete(name: string, sequence: number): () => void {
    const slot = this.#slots.get(name);
    if (slot === undefined || slot.sequence > sequence) return () => undefined;
    this.#slots.delete(name);
    return () => {
      if (!this.#slots.has(name)) this.#slots.set(name, slot);
    };
  }

  /** Removes every name set by this or an earlier message for which `keep` does not say otherwise. */
  clear(sequence: number, keep: (value: T) => boolean = () => false): void {
    for (const [name, slot] of this.#slots) {
      if (slot.sequence <= sequence && !keep(slot.value)) this.#slots.delete(name);
    }
  }
}
