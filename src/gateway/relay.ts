/**
 * Collects what goes on in one direction: runs of a received buffer, and messages put between them. Neighbouring runs
 * become one slice, so that an untouched chunk is written as it came, and a chunk whose rows were shortened in place
 * is still one write.
 */
import { LIMITS } from "../base/limits.ts";

export class Relay {
  #slices: Buffer[] = [];
  #buffer: Buffer | undefined;
  #from = 0;
  #to = 0;

  /** Passes bytes of a received buffer on. */
  keep(buffer: Buffer, from: number, to: number): void {
    if (this.#buffer !== buffer) this.#begin(buffer, from);
    if (this.#to === from) {
      this.#to = to;
    } else if (to - from <= LIMITS.relayMoveBytesMax) {
      buffer.copyWithin(this.#to, from, to);
      this.#to += to - from;
    } else {
      this.#begin(buffer, from);
      this.#to = to;
    }
  }

  /** Where in the buffer a message that begins at `from` may be written in shortened form, at the end of the run. */
  place(buffer: Buffer, from: number): number {
    if (this.#buffer !== buffer) this.#begin(buffer, from);
    return this.#to;
  }

  /** A message was written at `place`, and ends here. */
  placed(to: number): void {
    this.#to = to;
  }

  /** Puts bytes of our own between what was received. */
  insert(bytes: Buffer): void {
    this.#cut();
    this.#slices.push(bytes);
  }

  /** Everything collected since the last call, in order. */
  take(): Buffer[] {
    this.#cut();
    const slices = this.#slices;
    this.#slices = [];
    return slices;
  }

  #begin(buffer: Buffer, from: number): void {
    this.#cut();
    this.#buffer = buffer;
    this.#from = from;
    this.#to = from;
  }

  #cut(): void {
    if (this.#buffer !== undefined && this.#to > this.#from) {
      this.#slices.push(this.#buffer.subarray(this.#from, this.#to));
    }
    this.#buffer = undefined;
  }
}
