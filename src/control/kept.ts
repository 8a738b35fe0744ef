/** Something that the control plane keeps open and can do without for a while: tried again until it opens. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

export interface KeptOptions<T> {
  readonly open: () => Promise<T>;
  readonly close: (value: T) => Promise<void>;
  /** The first failure, and then whenever the reason changes; undefined once it is open. */
  readonly onProblem: (problem: WhosawError | undefined) => void;
}

export class Kept<T> {
  readonly #options: KeptOptions<T>;
  #value: T | undefined;
  #problem: WhosawError | undefined;
  #trying: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs: number = LIMITS.keptRetryMs;
  #closed = false;

  constructor(options: KeptOptions<T>) {
    this.#options = options;
  }

  /** Why it is not open. */
  get problem(): WhosawError | undefined {
    return this.#problem;
  }

  /** It has neither opened nor failed yet. */
  get opening(): boolean {
    return this.#value === undefined && this.#problem === undefined;
  }

  /** Tries now. Resolves when it is open or has failed; a failure is tried again later. */
  start(): Promise<void> {
    clearTimeout(this.#timer);
    this.#trying ??= this.#try().finally(() => (this.#trying = undefined));
    return this.#trying;
  }

  /** It, if it is open. */
  get value(): T | undefined {
    return this.#value;
  }

  /** @throws WhosawError why it is not open */
  get(): T {
    if (this.#value !== undefined) return this.#value;
    throw this.#problem ?? new WhosawError("SHUTTING_DOWN", "the control plane is starting or stopping");
  }

  /** What works on it has failed, or (undefined) works again. */
  note(problem: WhosawError | undefined): void {
    if (problem?.code !== this.#problem?.code) this.#options.onProblem(problem);
    this.#problem = problem;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#trying;
    const value = this.#value;
    this.#value = undefined;
    if (value !== undefined) await this.#options.close(value);
  }

  async #try(): Promise<void> {
    if (this.#closed || this.#value !== undefined) return;
    try {
      this.#value = await this.#options.open();
      this.#pauseMs = LIMITS.keptRetryMs;
      this.note(undefined);
    } catch (error) {
      this.note(asWhosawError(error));
      this.#timer = setTimeout(() => void this.start(), this.#pauseMs);
      this.#pauseMs = Math.min(2 * this.#pauseMs, LIMITS.keptRetryMsMax);
    }
  }
}

/** An error of the world as it is; anything else is a bug. */
export function asWhosawError(error: unknown): WhosawError {
  return error instanceof WhosawError
    ? error
    : new WhosawError("INTERNAL", "the control plane ran into a bug", { cause: error });
}
