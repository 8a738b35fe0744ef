/**
 * Clear headers tell the time: it never runs backwards, a heartbeat comes every minute while a writer runs, and a writer
 * that begins after a longer silence explains it with a gap entry. Silence without one is a finding.
 */
import { LIMITS } from "../base/limits.ts";
import { KIND_GAP, KIND_HEARTBEAT, KIND_MAX } from "./envelope.ts";
import type { Findings } from "./report.ts";

export class Rhythm {
  firstMs: number | undefined;
  lastMs: number | undefined;
  readonly #findings: Findings;
  #beatMs = 0;
  #silences = 0;
  #unknown = 0;
  #firstUnknown = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  see(kind: number, time: number, index: number, file: string, offset: number): void {
    if (this.firstMs === undefined || this.lastMs === undefined) {
      this.firstMs = time;
      this.#beatMs = time;
    } else if (time < this.lastMs) {
      const back = this.lastMs - time;
      this.#findings.add(
        "TIME_BACKWARDS",
        file,
        `entry ${index} is ${back} ms older than the one before it`,
        index,
        offset,
      );
    }
    this.lastMs = time;
    if (kind !== KIND_GAP && time - this.#beatMs > LIMITS.heartbeatSilenceMs) this.#silent(time, index, file, offset);
    if (kind === KIND_HEARTBEAT || kind === KIND_GAP) this.#beatMs = time;
    if (kind > KIND_MAX || kind === 0) {
      if (this.#unknown === 0) this.#firstUnknown = index;
      this.#unknown++;
    }
  }

  #silent(time: number, index: number, file: string, offset: number): void {
    const from = new Date(this.#beatMs).toISOString();
    const seconds = Math.round((time - this.#beatMs) / 1000);
    this.#beatMs = time;
    this.#silences++;
    if (this.#silences > 1) return;
    const message = `no heartbeat for ${seconds} s from ${from}, and then entry ${index} is no gap entry`;
    this.#findings.add("HEARTBEAT_SILENCE", file, message, index, offset);
  }

  end(): void {
    if (this.#silences > 1) this.#findings.note(`${this.#silences - 1} more silences follow the first`);
    if (this.#unknown === 0) return;
    this.#findings.note(
      `${this.#unknown} entries are of a kind this verifier does not know, the first at ${this.#firstUnknown}`,
    );
  }
}
