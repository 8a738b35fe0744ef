/** A day of UTC, which has no leap seconds here. */
export const DAY_MS = 86_400_000;

/** Time comes in as an argument, so that one seed reproduces a run. */
export interface Clock {
  /** UTC milliseconds since 1970. May jump; the ledger makes it non-decreasing per log. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
