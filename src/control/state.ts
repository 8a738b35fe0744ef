/** The state as the control plane keeps it: the policy in force, and the logs with the highest checkpoint seen of each. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../base/clock.ts";
import type { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config } from "../config/config.ts";
import { disclosureLogs, type LogPlace } from "../config/gateways.ts";
import { policyHash, policyText } from "../config/policy-hash.ts";
import { parseVkey } from "../ledger/checkpoint.ts";
import { nodeDisk } from "../ledger/disk.ts";
import { readCheckpoint } from "../ledger/recover.ts";
import { startedLogs } from "../ledger/started.ts";
import { catchUpNote } from "../state/catch-up.ts";
import type { Restored } from "../state/installation.ts";
import { type Aggregates, openState, type State } from "../state/state.ts";
import { asWhosawError, Kept } from "./kept.ts";

export interface StateWords {
  readonly onProblem: (problem: WhosawError | undefined) => void;
  /** What an operator should know of a state that is older than its logs, or new. */
  readonly onNote: (note: string) => void;
}

/** @param config the one in force when it is asked */
export function keepState(config: () => Config, { onProblem, onNote }: StateWords): Kept<KeptState> {
  const kept: Kept<KeptState> = new Kept({
    open: async () => {
      const { state: location, ledger } = config();
      const state = await openState(location, { installation: ledger.origin, clock: systemClock });
      return new KeptState(state, config, { onProblem: (problem) => kept.note(problem), onNote });
    },
    close: (state) => state.close(),
    onProblem,
  });
  return kept;
}

export class KeptState {
  readonly #state: State;
  readonly #config: () => Config;
  readonly #words: StateWords;
  /** Origins of logs that were held against the state since it was opened. */
  readonly #met = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #working: Promise<void>;

  constructor(state: State, config: () => Config, words: StateWords) {
    this.#state = state;
    this.#config = config;
    this.#words = words;
    this.#working = this.#keepUp();
    this.#timer = setInterval(() => this.keepUp(), LIMITS.heartbeatIntervalMs);
  }

  get strata(): State["strata"] {
    return this.#state.strata;
  }

  /** For what is done with cases and reports. */
  get state(): Pick<State, keyof Aggregates | "transaction"> {
    return this.#state;
  }

  /** Records the policy in force and how far the logs have come; soon after the call, one after the other. */
  keepUp(): void {
    this.#working = this.#working.then(() => this.#keepUp());
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
    await this.#state.close();
  }

  /** Never rejects. */
  async #keepUp(): Promise<void> {
    const config = this.#config();
    try {
      await this.#state.policies.record({ hash: policyHash(config), by: "whosaw.yaml", text: policyText(config) });
      for (const log of await startedLogs(disclosureLogs(config))) await this.#confirm(log);
      this.#words.onProblem(undefined);
    } catch (error) {
      this.#words.onProblem(asWhosawError(error));
    }
  }

  /** @throws WhosawError LEDGER_BEHIND_WITNESS if the log was longer once */
  async #confirm({ dir, origin }: LogPlace): Promise<void> {
    const { vkey } = JSON.parse(await readFile(join(dir, "log.json"), "utf8")) as { vkey: string };
    await this.#state.logs.register(origin, vkey);
    const checkpoint = await readCheckpoint(nodeDisk(), dir, parseVkey(vkey));
    const restored = await this.#untoldRestore(origin);
    const advance = await this.#state.logs.confirm(origin, checkpoint);
    if (this.#met.has(origin)) return;
    this.#met.add(origin);
    // A log that was begun just now is as new as the state may be.
    const { mtimeMs } = await stat(join(dir, "log.json"));
    if (advance.before === 0 && systemClock.nowMs() - mtimeMs < LIMITS.heartbeatIntervalMs) return;
    const note = catchUpNote(origin, advance, restored);
    if (note !== undefined) this.#words.onNote(note);
  }

  /** Undefined also once the log was seen after the restore: then it was told. */
  async #untoldRestore(origin: string): Promise<Restored | undefined> {
    const { restored } = this.#state;
    if (restored === undefined || this.#met.has(origin)) return undefined;
    const seen = (await this.#state.logs.list()).find((log) => log.origin === origin)?.highest?.atMs ?? 0;
    return seen < restored.restoredMs ? restored : undefined;
  }
}
