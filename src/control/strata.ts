/** Strata as the control plane keeps them up: read at the start, after a reload, and every hour. */
import { systemClock } from "../base/clock.ts";
import type { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Columns } from "../columns/columns.ts";
import type { Config } from "../config/config.ts";
import { deriveSubjectKey } from "../ledger/keys-block.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import type { Strata } from "../state/strata.ts";
import { asWhosawError } from "./kept.ts";
import { StrataDatabase } from "./strata-database.ts";
import { fillStrata, type StrataFilled } from "./strata-fill.ts";

export interface StrataOptions {
  /** The one in force when they are read. */
  readonly config: () => Config;
  /** Undefined while they are not open: then it is tried again soon. */
  readonly columns: () => Columns | undefined;
  readonly names: () => Strata | undefined;
  readonly onFilled: (kind: string, filled: StrataFilled) => void;
  /** The first failure, and then whenever the reason changes; undefined once they are read again. */
  readonly onProblem: (problem: WhosawError | undefined) => void;
}

/** What is wrong with strata never keeps anything from being recorded. */
export class FollowedStrata {
  readonly #options: StrataOptions;
  #problem: WhosawError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #database: StrataDatabase | undefined;
  #closed = false;

  constructor(options: StrataOptions) {
    this.#options = options;
  }

  /** Why they were not read the last time. */
  get problem(): WhosawError | undefined {
    return this.#problem;
  }

  /** Reads them soon, after what is under way. */
  follow(): void {
    clearTimeout(this.#timer);
    this.#working = this.#working.then(() => this.#follow());
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#database?.close();
    await this.#working;
  }

  /** Never rejects. */
  async #follow(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const pauseMs = await this.#read();
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.follow(), pauseMs);
  }

  /** @returns when they are to be read again */
  async #read(): Promise<number> {
    const config = this.#options.config();
    if (config.strata.length === 0) {
      this.#note(undefined);
      return LIMITS.strataIntervalMs;
    }
    const [columns, names] = [this.#options.columns(), this.#options.names()];
    if (columns === undefined || names === undefined) return LIMITS.keptRetryMs;
    try {
      await this.#fill(config, columns, names);
      this.#note(undefined);
      return LIMITS.strataIntervalMs;
    } catch (error) {
      if (!this.#closed) this.#note(asWhosawError(error));
      return LIMITS.strataRetryMs;
    }
  }

  async #fill(config: Config, columns: Columns, names: Strata): Promise<void> {
    const subjectKey = deriveSubjectKey((await loadKeys(config.ledger.keys)).masterKey);
    const database = await StrataDatabase.connect(config);
    this.#database = database;
    try {
      if (this.#closed) return;
      const stores = {
        columns,
        learn: (strata: Parameters<Strata["learn"]>[0]) => names.learn(strata),
        subjectKey,
        nowMs: () => systemClock.nowMs(),
      };
      for (const strata of config.strata)
        this.#options.onFilled(strata.kind, await fillStrata(strata, database.pages(strata), stores));
    } finally {
      this.#database = undefined;
      await database.close();
    }
  }

  #note(problem: WhosawError | undefined): void {
    if (problem?.message !== this.#problem?.message) this.#options.onProblem(problem);
    this.#problem = problem;
  }
}
