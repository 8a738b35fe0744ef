/**
 * What the demo says. On a terminal the last line is written over as things change; elsewhere (a file, a pipe) every
 * line stays, and there are fewer of them.
 */
import type { Writable } from "node:stream";

/** As much of process.stdout as is needed. */
export interface Terminal extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const COLUMNS_DEFAULT = 80;
const ERASE_LINE = "\r\u001B[K";

export class Screen {
  readonly #out: Terminal;
  #overwritable = false;
  #lastMs = -Infinity;

  constructor(out: Terminal) {
    this.#out = out;
  }

  /** A line, or several, to keep. */
  say(text: string): void {
    this.#out.write(`${this.#overwritable ? ERASE_LINE : ""}${text}\n`);
    this.#overwritable = false;
    this.#lastMs = -Infinity;
  }

  /** How things stand: replaces what was said the last time or, where lines stay, follows it after `everyMs`. */
  update(text: string, everyMs: number, nowMs: number): void {
    if (this.#out.isTTY === true) {
      // A line that wraps could not be erased.
      this.#out.write(ERASE_LINE + text.slice(0, this.#columns - 1));
      this.#overwritable = true;
    } else if (nowMs - this.#lastMs >= everyMs) {
      this.#out.write(`${text}\n`);
      this.#lastMs = nowMs;
    }
  }

  /** Some terminals know no width, or say 0. */
  get #columns(): number {
    const { columns = 0 } = this.#out;
    return columns > 0 ? columns : COLUMNS_DEFAULT;
  }
}
