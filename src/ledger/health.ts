/** Health from several sides: red as long as any of them has an error. */
import type { WhosawError } from "../base/errors.ts";
import type { LedgerHealth } from "./ledger.ts";

/** In order of weight: the first one that is set is shown. */
const SIDES = ["fatal", "append", "publish", "clock"] as const;
type Side = (typeof SIDES)[number];

export class Health {
  readonly #errors: Partial<Record<Side, WhosawError>> = {};
  readonly #onChange: (health: LedgerHealth) => void;

  constructor(onChange: (health: LedgerHealth) => void) {
    this.#onChange = onChange;
  }

  /** Sets or (undefined) clears one side. A fatal error stays. */
  set(side: Side, error: WhosawError | undefined): void {
    const before = this.first;
    if (error !== undefined) this.#errors[side] = error;
    else if (side !== "fatal") delete this.#errors[side];
    const now = this.first;
    if (now?.code !== before?.code) this.#onChange(this.state);
  }

  get fatal(): WhosawError | undefined {
    return this.#errors.fatal;
  }

  get first(): WhosawError | undefined {
    for (const side of SIDES) if (this.#errors[side] !== undefined) return this.#errors[side];
    return undefined;
  }

  get state(): LedgerHealth {
    const error = this.first;
    return error === undefined ? { status: "green" } : { status: "red", error };
  }
}
