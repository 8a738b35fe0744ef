/** A map that forgets what was not asked for longest, bounded by entries and by the size of its keys. */
export class LeastRecentlyUsed<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #entriesMax: number;
  readonly #keyCharsMax: number;
  #keyChars = 0;

  constructor(entriesMax: number, keyCharsMax: number) {
    this.#entriesMax = entriesMax;
    this.#keyCharsMax = keyCharsMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    if (this.#entries.delete(key)) this.#keyChars -= key.length;
    this.#entries.set(key, value);
    this.#keyChars += key.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#entriesMax && this.#keyChars <= this.#keyCharsMax) return;
      this.#entries.delete(oldest);
      this.#keyChars -= oldest.length;
    }
  }
}
