/**
 * Clear headers tell the time: it never runs backwards, and a heartbeat comes every minute while a writer runs. A writer
 * begins with a heartbeat, or with a gap entry if the one before it did not stop cleanly. So a silence that ends with
 * a heartbeat may be a clean stop (a note); one that ends with anything else but a gap is a finding.
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
  /** Silences that end with a heartbeat. */
  #stops = 0;
  #firstStop = "";
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
      this.#findings.add("TIME_BACKWARDS", file, `entry ${index} is ${back} ms older than the one before it`, index, offset);
    }
    this.lastMs = time;
    if (kind !== KIND_GAP && time - this.#beatMs > LIMITS.heartbeatSilenceMs) this.#silent(kind, time, index, file, offset);
    if (kind === KIND_HEARTBEAT || kind === KIND_GAP) this.#beatMs = time;
    if (kind > KIND_MAX || kind === 0) {
      if (this.#unknown === 0) this.#firstUnknown = index;
      this.#unknown++;
    }
  }

  #silent(kind: number, time: number, index: number, file: string, offset: number): void {
    const from = new Date(this.#beatMs).toISOString();
    const seconds = Math.round((time - this.#beatMs) / 1000);
    this.#beatMs = time;
    if (kind === KIND_HEARTBEAT) {
      this.#stops++;
      if (this.#stops === 1) this.#firstStop = `no heartbeat for ${seconds} s from ${from} (before entry ${index})`;
      return;
    }
    this.#silences++;
    if (this.#stops > 0) this.#findings.note(`${this.#stops} times the writer was stopped cleanly or silent: first, ${this.#firstStop}`);
    if (this.#silences > 1) return;
    const message = `no heartbeat for ${seconds} s from ${from}, then entry ${index}, which is neither a start nor a gap`;
    this.#findings.add("HEARTBEAT_SILENCE", file, message, index, offset);
  }

  end(): void {
    if (this.#stops > 0) this.#findings.note(`${this.#stops} times the writer was stopped cleanly or silent: first, ${this.#firstStop}`);
    if (this.#silences > 1) this.#findings.note(`${this.#silences - 1} more silences follow the first`);
    if (this.#unknown === 0) return;
    this.#findings.note(`${this.#unknown} entries are of a kind this verifier does not know, the first at ${this.#firstUnknown}`);
  }
}
