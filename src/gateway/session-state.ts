/** What both directions of a session know: names, what is under way, and what plans depend on. */
import { WhosawError } from "../base/errors.ts";
import type { Entry } from "../ledger/entry.ts";
import type { CatalogSnapshot } from "../lineage/catalog.ts";
import type { SessionEffect, StatementPlan, TextPlan } from "../lineage/plan.ts";
import type { Mode, PlanContext, Planner } from "../lineage/planner.ts";
import type { GatewayCounters } from "../metrics/counters.ts";
import { ClientEncoding } from "./client-encoding.ts";
import { CopyIn } from "./copy-in.ts";
import { type Basis, Execution, type Executor } from "./execution.ts";
import { Names, nameOfText } from "./names.ts";
import { PendingQueue, type Portal, type Prepared } from "./pending.ts";
import { revalidate } from "./revalidate.ts";
import { SearchPath } from "./search-path.ts";
import { lookUp, type Standing, standingOf, type When } from "./standing.ts";

/** What a session may do, from its actor's role. */
export interface SessionPolicy {
  readonly mode: Mode;
  readonly migrate: boolean;
  /** For privileges: the role that the upstream connection runs as. */
  readonly upstreamRole: string;
  /** SHA-256 of the canonical configuration that all this comes from. */
  readonly hash: Uint8Array;
}

export interface SessionStateOptions {
  readonly planner: Planner;
  /** The policy in force: each statement takes it as it begins. The same object as long as nothing changes. */
  readonly policy: () => SessionPolicy;
  readonly executor: Executor;
  /** @throws WhosawError CATALOG_STALE */
  readonly catalog: () => CatalogSnapshot;
  readonly counters: GatewayCounters;
}

export class SessionState {
  readonly planner: Planner;
  readonly executor: Executor;
  readonly counters: GatewayCounters;
  readonly prepared = new Names<Prepared>();
  readonly portals = new Names<Portal>();
  readonly pending = new PendingQueue();
  /** Executions with something not yet recorded, and entries that belong to no execution. */
  readonly unrecorded = new Set<Execution>();
  readonly entries: Entry[] = [];
  /** As of the last ReadyForQuery: I idle, T in a transaction, E in a failed one. */
  transaction: "I" | "T" | "E" = "I";
  readonly encoding = new ClientEncoding();
  readonly copyIn = new CopyIn();
  readonly searchPath = new SearchPath();
  /** Protected tables were touched since the server was last idle: checks put off until now may tell of their rows. */
  touchedProtected = false;
  /** After an error in the extended protocol, until the next Sync: the server ignores everything else. */
  skipping = false;
  readonly #policy: () => SessionPolicy;
  readonly #catalog: () => CatalogSnapshot;
  /** standard_conforming_strings is off. */
  #backslashes = false;
  readonly #tempTables = new Set<string>();
  #context: PlanContext | undefined;
  #contextPolicy: SessionPolicy | undefined;
  #sequence = 0;

  constructor({ planner, policy, executor, catalog, counters }: SessionStateOptions) {
    this.planner = planner;
    this.#policy = policy;
    this.executor = executor;
    this.#catalog = catalog;
    this.counters = counters;
  }

  get policy(): SessionPolicy {
    return this.#policy();
  }

  /** A statement on protected tables begins; it keeps the present policy to its end. */
  beginExecution(basis: Basis): Execution {
    if (basis.kind === "account") this.counters.accounted += 1;
    else this.counters.opaque += 1;
    return new Execution(basis, this.policy.hash);
  }

  /** Numbers client messages. */
  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /**
   * What a plan depends on, the same object as long as nothing changes.
   * @throws WhosawError if the catalog is too old to be trusted; REFUSED as {@link parameterChanged}
   */
  context(): PlanContext {
    const catalog = this.#catalog();
    const { policy } = this;
    if (this.#context?.catalog !== catalog || this.#contextPolicy !== policy) {
      this.#checkStrings(policy);
      this.#contextPolicy = policy;
      this.#context = {
        catalog,
        searchPath: this.searchPath.schemas,
        role: policy.upstreamRole,
        mode: policy.mode,
        migrate: policy.migrate,
        tempTables: new Set(this.#tempTables),
      };
    }
    return this.#context;
  }

  /**
   * The server reported a setting.
   * @throws WhosawError REFUSED if statements could no longer be read as they were planned
   */
  parameterChanged(name: string, value: string): void {
    if (name === "client_encoding") this.encoding.name = value;
    if (name !== "standard_conforming_strings") return;
    this.#backslashes = value !== "on";
    this.#checkStrings(this.policy);
  }

  #checkStrings({ mode }: SessionPolicy): void {
    if (!this.#backslashes || mode === "observe") return;
    throw new WhosawError("REFUSED", "standard_conforming_strings is off, so statements cannot be read reliably", {
      hint: "leave standard_conforming_strings on for this role and database",
    });
  }

  /** The server has said which schemas it searches. */
  searches(schemas: readonly string[]): void {
    this.searchPath.schemas = schemas;
    this.#context = undefined;
  }

  /** Whether the search path, or the encoding, after these statements is known only when the server has run them. */
  unsettles(text: TextPlan): boolean {
    if (text.refusal !== undefined) return false;
    let pathMoves = false;
    for (const { effects } of text.statements) {
      for (const effect of effects) {
        this.encoding.sending(effect);
        pathMoves ||= this.searchPath.unsettledBy(effect);
      }
    }
    return this.encoding.moves || pathMoves;
  }

  /** Whether something waits for the next commit group. */
  get hasUnrecorded(): boolean {
    return this.unrecorded.size > 0 || this.entries.length > 0;
  }

  /** Notes a refusal, to be recorded before the client is told. */
  recordRefusal(refusal: WhosawError, text: TextPlan): void {
    this.counters.error(refusal.code);
    // One that is found only when parameters are known is of a prepared statement: there is one.
    const plan = text.statements.find((statement) => statement.treatment.kind === "refuse") ?? text.statements[0];
    this.entries.push({
      kind: "refusal",
      actor: this.executor.actor,
      session: this.executor.session,
      code: refusal.code,
      reason: refusal.message,
      fingerprint: plan?.fingerprint ?? "",
      text: plan?.normalizedText ?? "",
    });
  }

  /**
   * Moving a cursor over protected rows skips rows that nobody accounts for, and fetching backward tells that they are
   * there: both are refused. So is either on a cursor that is not known yet, because its DECLARE is still under way.
   */
  cursorRefusal(text: TextPlan): WhosawError | undefined {
    if (this.policy.mode === "observe") return undefined;
    for (const { treatment } of text.statements) {
      if (treatment.kind !== "as-cursor" || (treatment.forward && !treatment.move)) continue;
      const cursor = this.portals.get(nameOfText(treatment.name));
      const declaring = this.pending.length > 0 || text.statements.length > 1;
      if (cursor === undefined && !declaring) continue;
      if (cursor?.prepared?.plan !== undefined && this.standingOf(cursor.prepared.plan, "sent").kind === "pass")
        continue;
      return new WhosawError("REFUSED", "a cursor over protected rows is moved, or read backward", {
        hint: "FETCH FORWARD the rows that are needed, in their order, or declare another cursor",
      });
    }
    return undefined;
  }

  /**
   * Whether a prepared statement must be prepared again.
   * @throws WhosawError if the catalog is too old to be trusted
   */
  outdated(prepared: Prepared | undefined): WhosawError | undefined {
    if (prepared?.plan === undefined) return undefined;
    const { treatment } = prepared.plan;
    if (treatment.kind === "as-prepared") return this.outdated(lookUp(this.prepared, treatment.name, "sent"));
    return revalidate(this.planner, prepared, this.context());
  }

  /** As {@link outdated}, for all that a text executes by name. */
  executesOutdated(text: TextPlan): WhosawError | undefined {
    for (const { treatment } of text.statements) {
      if (treatment.kind !== "as-prepared") continue;
      const error = this.outdated(lookUp(this.prepared, treatment.name, "sent"));
      if (error !== undefined) return error;
    }
    return undefined;
  }

  /**
   * What accounts for this plan's rows.
   * @param when the server answers it now, or it is about to be sent
   */
  standingOf(plan: StatementPlan, when: When = "answered"): Standing {
    return standingOf(this, plan, when);
  }

  /** Follows what a statement has changed, now that the server has said that it did. */
  apply(effects: readonly SessionEffect[], prepared: Prepared, sequence: number): void {
    for (const effect of effects) this.#applyOne(effect, prepared, sequence);
  }

  #applyOne(effect: SessionEffect, prepared: Prepared, sequence: number): void {
    switch (effect.kind) {
      case "declare-cursor":
        set(this.portals, effect.name, declared(prepared, effect.hold), sequence);
        return;
      case "close-cursor":
        remove(this.portals, effect.name, sequence);
        return;
      case "prepare":
        // Each is read again by itself, though several may stand in one text.
        set(this.prepared, effect.name, { ...prepared, source: { ...prepared.source } }, sequence);
        return;
      case "deallocate":
        remove(this.prepared, effect.name, sequence);
        return;
      case "create-temp":
        this.#tempTables.add(effect.name);
        this.#context = undefined;
        return;
      case "discard-all":
        remove(this.prepared, undefined, sequence);
        remove(this.portals, undefined, sequence);
        this.searchPath.touch();
        this.#clearTemp();
        return;
      case "discard-temp":
        this.#clearTemp();
        return;
      case "search-path":
        this.searchPath.touch();
        return;
      case "rollback-to":
        this.searchPath.rolledBack();
        return;
      case "deferred-checks":
      case "copy-in":
      case "encoding":
      case "ddl":
        return;
    }
  }

  #clearTemp(): void {
    this.#tempTables.clear();
    this.#context = undefined;
  }
}

function declared(prepared: Prepared, hold: boolean): Portal {
  return { prepared, statement: "", hold, cursor: true, execution: undefined };
}

function set<T>(names: Names<T>, identifier: string, value: T, sequence: number): void {
  const name = nameOfText(identifier);
  names.confirm(name, value);
  names.set(name, value, sequence);
}

/** @param identifier undefined for all */
function remove<T>(names: Names<T>, identifier: string | undefined, sequence: number): void {
  if (identifier === undefined) {
    names.forgetAll();
    names.clear(sequence);
    return;
  }
  const name = nameOfText(identifier);
  names.forget(name);
  names.delete(name, sequence);
}
