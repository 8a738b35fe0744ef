/**
 * What a session has named: prepared statements (protocol and SQL share one namespace) and portals (cursors too).
 *
 * Messages are pipelined, so a name may be set while older messages are still under way. Each setting carries the
 * sequence number of its message; what an older message clears later does not touch it.
 */
interface Slot<T> {
  readonly value: T;
  readonly sequence: number;
}

export class Names<T> {
  readonly #slots = new Map<string, Slot<T>>();

  get size(): number {
    return this.#slots.size;
  }

  get(name: string): T | undefined {
    return this.#slots.get(name)?.value;
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
