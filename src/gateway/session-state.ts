/** What both directions of a session know: names, what is under way, and what plans depend on. */
import { WhosawError } from "../base/errors.ts";
import type { Entry } from "../ledger/entry.ts";
import type { CatalogSnapshot } from "../lineage/catalog.ts";
import type { SessionEffect, StatementPlan, TextPlan } from "../lineage/plan.ts";
import type { Mode, PlanContext, Planner } from "../lineage/planner.ts";
import type { Basis, Execution, Executor } from "./execution.ts";
import { Names, nameOfText } from "./names.ts";
import { type Pending, PendingQueue, type Portal, type Prepared } from "./pending.ts";

/** What a session may do, from its actor's role. */
export interface SessionPolicy {
  readonly mode: Mode;
  readonly migrate: boolean;
  /** For privileges: the role that the upstream connection runs as. */
  readonly upstreamRole: string;
}

/** A statement's basis, or what stands in its place. */
export type Standing = Basis | { readonly kind: "pass" } | { readonly kind: "unknown"; readonly name: string };

/** How far a name may lead to another (EXECUTE of EXECUTE cannot be, but a loop must not). */
const INDIRECTIONS_MAX = 4;

export class SessionState {
  readonly planner: Planner;
  readonly policy: SessionPolicy;
  readonly executor: Executor;
  readonly prepared = new Names<Prepared>();
  readonly portals = new Names<Portal>();
  readonly pending = new PendingQueue();
  /** Executions with something not yet recorded, and entries that belong to no execution. */
  readonly unrecorded = new Set<Execution>();
  readonly entries: Entry[] = [];
  /** As of the last ReadyForQuery: I idle, T in a transaction, E in a failed one. */
  transaction: "I" | "T" | "E" = "I";
  clientEncoding = "UTF8";
  /**
   * The client sets its encoding in the middle of the session. The server tells of it when it is ready only, and the end of
   * a transaction may take it back: from then on nothing but ASCII is read while an answer is under way.
   */
  encodingMoves = false;
  /**
   * COPY FROM STDIN. `awaited`: the server may begin to read data with the next message; `reading`: it does, ignores Sync
   * and takes anything else for an error; `ending`: the client has sent all of it. While it is not certain how the server
   * takes a message, none is sent.
   */
  copyIn: "none" | "awaited" | "reading" | "ending" = "none";
  /** What the COPY is in the queue; it is over when this is answered. */
  #copying: Pending | undefined;
  /** Protected tables were touched since the server was last idle: checks put off until now may tell of their rows. */
  touchedProtected = false;
  /** After an error in the extended protocol, until the next Sync: the server ignores everything else. */
  skipping = false;
  #catalog: () => CatalogSnapshot;
  readonly #searchPath = { schemas: [] as readonly string[], touched: false, untilTransactionEnds: false };
  readonly #tempTables = new Set<string>();
  #context: PlanContext | undefined;
  #sequence = 0;

  constructor(planner: Planner, policy: SessionPolicy, executor: Executor, catalog: () => CatalogSnapshot) {
    this.planner = planner;
    this.policy = policy;
    this.executor = executor;
    this.#catalog = catalog;
  }

  /** Numbers client messages. */
  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /**
   * What a plan depends on, the same object as long as nothing changes.
   * @throws WhosawError if the catalog is too old to be trusted
   */
  context(): PlanContext {
    const catalog = this.#catalog();
    if (this.#context?.catalog !== catalog) {
      this.#context = {
        catalog,
        searchPath: this.#searchPath.schemas,
        role: this.policy.upstreamRole,
        mode: this.policy.mode,
        migrate: this.policy.migrate,
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
    if (name === "client_encoding") this.clientEncoding = value;
    if (name !== "standard_conforming_strings" || value === "on" || this.policy.mode === "observe") return;
    throw new WhosawError("REFUSED", "standard_conforming_strings is off, so statements cannot be read reliably", {
      hint: "leave standard_conforming_strings on for this role and database",
    });
  }

  set searchPath(schemas: readonly string[]) {
    this.#searchPath.schemas = schemas;
    this.#context = undefined;
  }

  /** Whether the search path, or the encoding, after these statements is known only when the server has run them. */
  unsettles(text: TextPlan): boolean {
    if (text.refusal !== undefined) return false;
    this.encodingMoves ||= text.statements.some(({ effects }) => effects.some((effect) => this.#movesEncoding(effect)));
    if (this.encodingMoves) return true;
    const local = this.#searchPath.untilTransactionEnds || this.#searchPath.touched;
    return text.statements.some((statement) =>
      statement.effects.some(
        ({ kind }) => kind === "search-path" || kind === "discard-all" || (kind === "rollback-to" && local),
      ),
    );
  }

  /**
   * Whether the search path must be asked for, now that the server is ready: after a statement that changes it, and
   * once more when the transaction ends in which that was done. Relations are sent schema-qualified, so a path that
   * is known too late can name a wrong table, but never leave one unaccounted for.
   */
  searchPathDue(): boolean {
    const path = this.#searchPath;
    if (this.transaction === "E") {
      path.untilTransactionEnds ||= path.touched;
      return false;
    }
    const ended = path.untilTransactionEnds && this.transaction === "I";
    const due = path.touched || ended;
    if (due) path.untilTransactionEnds = this.transaction === "T";
    path.touched = false;
    return due;
  }

  /** Sent a message with which the server may begin to read COPY data. */
  awaitCopy(item: Pending): void {
    this.copyIn = "awaited";
    this.#copying = item;
  }

  /** The server has answered this one. */
  endCopy(item: Pending | undefined): void {
    if (this.#copying !== undefined && item !== this.#copying) return;
    this.copyIn = "none";
    this.#copying = undefined;
  }

  /** Whether something waits for the next commit group. */
  get hasUnrecorded(): boolean {
    return this.unrecorded.size > 0 || this.entries.length > 0;
  }

  /** Notes a refusal, to be recorded before the client is told. */
  recordRefusal(refusal: WhosawError, text: TextPlan): void {
    const plan = text.statements.find((statement) => statement.treatment.kind === "refuse");
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
   * Whether the plan of a prepared statement still holds. The server reads a statement again when the schema or the search
   * path has changed, and so must the gateway: a view that was harmless may read protected rows now.
   * @throws WhosawError if the catalog is too old to be trusted
   */
  outdated(prepared: Prepared | undefined): WhosawError | undefined {
    if (prepared?.plan === undefined || this.policy.mode === "observe") return undefined;
    const { source, plan, text } = prepared;
    const { treatment } = plan;
    if (treatment.kind === "as-prepared") return this.outdated(named(this.prepared, treatment.name, "sent"));
    const now = this.context();
    if (source.context === now || source.sql === undefined || source.context === undefined) return undefined;
    // What is accounted for was sent with its schemas written out: the search path is no matter.
    const context = treatment.kind === "account" ? { ...source.context, catalog: now.catalog } : now;
    if (treatment.kind === "account" && source.context.catalog === now.catalog) return undefined;
    const again = this.planner.plan(source.sql, context, source.protocol);
    if (again.refusal === undefined && again.text === text.text && sameTreatments(again, text)) {
      source.context = context;
      return undefined;
    }
    return new WhosawError("FEATURE_NOT_SUPPORTED", "cached plan must not change result type", {
      hint: "the schema has changed since this statement was prepared: prepare it again",
      fields: { F: "plancache.c", R: "RevalidateCachedQuery" },
    });
  }

  /** As {@link outdated}, for all that a text executes by name. */
  executesOutdated(text: TextPlan): WhosawError | undefined {
    for (const { treatment } of text.statements) {
      if (treatment.kind !== "as-prepared") continue;
      const error = this.outdated(named(this.prepared, treatment.name, "sent"));
      if (error !== undefined) return error;
    }
    return undefined;
  }

  /**
   * What accounts for this plan's rows.
   * @param when the server answers it now, or it is about to be sent
   */
  standingOf(plan: StatementPlan, when: "answered" | "sent" = "answered", depth = 0): Standing {
    const { treatment } = plan;
    switch (treatment.kind) {
      case "pass":
        return { kind: "pass" };
      case "account":
        return { kind: "account", plan, accounting: treatment.accounting };
      case "opaque":
        return { kind: "opaque", plan, tables: treatment.tables, reason: treatment.reason };
      case "as-prepared":
        return this.#standingOfName(named(this.prepared, treatment.name, when), treatment.name, when, depth);
      case "as-cursor":
        return this.#standingOfCursor(treatment, when, depth);
      case "refuse":
        return { kind: "unknown", name: "a refused statement" };
    }
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
        set(this.prepared, effect.name, prepared, sequence);
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
        this.#searchPath.touched = true;
        this.#clearTemp();
        return;
      case "discard-temp":
        this.#clearTemp();
        return;
      case "search-path":
        this.#searchPath.touched = true;
        return;
      case "rollback-to":
        this.#searchPath.touched ||= this.#searchPath.untilTransactionEnds;
        return;
      case "deferred-checks":
      case "copy-in":
      case "encoding":
      case "ddl":
        return;
    }
  }

  /** Many drivers set what is set already. */
  #movesEncoding(effect: SessionEffect): boolean {
    if (effect.kind !== "encoding") return false;
    const plain = (name: string): string =>
      name
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, "")
        .replace("unicode", "utf8");
    return effect.value === undefined || plain(effect.value) !== plain(this.clientEncoding);
  }

  #clearTemp(): void {
    this.#tempTables.clear();
    this.#context = undefined;
  }

  #standingOfName(prepared: Prepared | undefined, name: string, when: "answered" | "sent", depth: number): Standing {
    if (prepared?.plan === undefined || depth >= INDIRECTIONS_MAX) return { kind: "unknown", name };
    return this.standingOf(prepared.plan, when, depth + 1);
  }

  /** A cursor that turns out to be over protected rows only now must not be moved, as if that had been refused. */
  #standingOfCursor(
    treatment: StatementPlan["treatment"] & { kind: "as-cursor" },
    when: "answered" | "sent",
    depth: number,
  ): Standing {
    const { name, forward, move } = treatment;
    const standing = this.#standingOfName(named(this.portals, name, when)?.prepared, name, when, depth);
    return standing.kind === "account" && (move || !forward) ? { kind: "unknown", name } : standing;
  }
}

function sameTreatments(one: TextPlan, other: TextPlan): boolean {
  const told = ({ statements }: TextPlan): string => JSON.stringify(statements.map(({ treatment }) => treatment));
  return told(one) === told(other);
}

function declared(prepared: Prepared, hold: boolean): Portal {
  return { prepared, statement: "", hold, cursor: true, execution: undefined };
}

function named<T>(names: Names<T>, identifier: string, when: "answered" | "sent"): T | undefined {
  const name = nameOfText(identifier);
  return when === "answered" ? names.answered(name) : names.get(name);
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
