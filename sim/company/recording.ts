import type { Statement } from "./statements.ts";

const HOUR_MS = 3_600_000;

export interface RecordingOptions {
  /** So many accounts are used by two people each: agents 1, 3, 5, ... work under the account of the one before. */
  readonly sharedAccounts: number;
  /** The gateway of this site has a clock that is ahead. */
  readonly clockAhead: { readonly site: string; readonly hours: number } | undefined;
}

/** How what happened is recorded: under which account, and at what time by the gateway's clock. */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #siteOf: (staff: number) => string | undefined;

  constructor(options: RecordingOptions, siteOf: (staff: number) => string | undefined) {
    this.#options = options;
    this.#siteOf = siteOf;
  }

  accountOf(staff: number): number {
    return staff < this.#options.sharedAccounts * 2 ? staff - (staff % 2) : staff;
  }

  isShared(account: number): boolean {
    return account < this.#options.sharedAccounts * 2;
  }

  /** How far the clock is ahead that somebody's statements are recorded by, milliseconds. */
  aheadMs(staff: number): number {
    const { clockAhead } = this.#options;
    return clockAhead !== undefined && this.#siteOf(staff) === clockAhead.site ? clockAhead.hours * HOUR_MS : 0;
  }

  of<T extends Pick<Statement, "staff" | "at">>(happened: T): T {
    const staff = this.accountOf(happened.staff);
    const ahead = this.aheadMs(happened.staff);
    return staff === happened.staff && ahead === 0 ? happened : { ...happened, staff, at: happened.at + ahead };
  }
}
