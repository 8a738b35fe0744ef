/**
 * What is neither a disclosure nor a configuration: how far each log was seen, numbers of strata, versions of the policy,
 * cases and reports.
 * Kept in PostgreSQL, embedded or somebody's own.
 */
import type { Clock } from "../base/clock.ts";
import { Cases } from "./cases.ts";
import type { Session } from "./connection.ts";
import { claim, type Restored } from "./installation.ts";
import type { StateLocation } from "./location.ts";
import { Logs } from "./logs.ts";
import { migrate } from "./migrations.ts";
import { own } from "./place.ts";
import { Policies } from "./policies.ts";
import { Reports } from "./reports.ts";
import { Strata } from "./strata.ts";

export interface StateOptions {
  /** What tells this installation from others: the origin of its ledger. */
  readonly installation: string;
  readonly clock: Clock;
}

/** What can be asked and told; in {@link State.transaction}, all of it at once or nothing. */
export interface Aggregates {
  readonly logs: Logs;
  readonly strata: Strata;
  readonly policies: Policies;
  readonly cases: Cases;
  readonly reports: Reports;
}

export interface State extends Aggregates {
  /** Set if this state was once restored from a backup. */
  readonly restored: Restored | undefined;
  /** Runs `work` in one transaction, which is undone when it throws. */
  transaction<T>(work: (state: Aggregates) => Promise<T>): Promise<T>;
  /** Ends connections, and the embedded server. */
  close(): Promise<void>;
}

/**
 * Opens the state: starts the embedded server or connects to the one named, makes or migrates the tables, and owns it
 * until `close` or until this process ends. Errors of later calls are the same; a connection that broke is made anew by the next.
 * @throws {WhosawError} STATE_UNREACHABLE, STATE_FAILED (rights, disk, directory, too old a server), STORE_LOCKED (another
 *   process owns it), STORE_MISMATCH (of a newer program, another installation, another major version of PostgreSQL)
 */
export async function openState(location: StateLocation, options: StateOptions): Promise<State> {
  const connection = await own(location);
  try {
    const { session } = connection;
    await session.run(migrate);
    const { clock, installation } = options;
    const restored = await session.run((db) => claim(db, installation, clock));
    return {
      ...aggregates(session, clock),
      restored,
      transaction: (work) => session.transaction((inside) => work(aggregates(inside, clock))),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function aggregates(session: Session, clock: Clock): Aggregates {
  return {
    logs: new Logs(session, clock),
    strata: new Strata(session),
    policies: new Policies(session, clock),
    cases: new Cases(session, clock),
    reports: new Reports(session, clock),
  };
}
