/**
 * From the client to the server: every message is planned, rewritten where a companion is needed, and noted as pending.
 * Sans-IO: takes chunks, gives slices to write upstream.
 */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Accounting, StatementPlan, TextPlan } from "../lineage/plan.ts";
import { MessageReader } from "../wire/framing.ts";
import { appendResultFormats, bindNames, decodeBind, encodeBind } from "../wire/messages/bind.ts";
import { decodeTarget } from "../wire/messages/describe.ts";
import { decodeExecute, encodeExecute } from "../wire/messages/execute.ts";
import { decodeParse, encodeParse } from "../wire/messages/parse.ts";
import { decodeQuery, encodeQuery } from "../wire/messages/query.ts";
import { FLUSH, SYNC } from "../wire/messages/empty.ts";
import { sqlText, type SqlText } from "../wire/sqltext.ts";
import { FRONTEND } from "../wire/types.ts";
import { nameOfBytes } from "./names.ts";
import type { Pending, PendingHidden, PlanSource, Portal, Prepared } from "./pending.ts";
import { REFUSED_TEXT } from "./refusal.ts";
import { Relay } from "./relay.ts";
import type { SessionState } from "./session-state.ts";

const ASK_SEARCH_PATH = Buffer.from("SELECT pg_catalog.unnest(pg_catalog.current_schemas(true))");

const NO_SOURCE: PlanSource = { sql: undefined, protocol: "simple", context: undefined };
const REFUSED_NAME = "whosaw$refused";

/** Messages that belong to COPY and stream through however long they are. */
const streams = (type: number): boolean => type === FRONTEND.CopyData;

/** What the server ignores between an error in the extended protocol and the next Sync. */
const SKIPPED: ReadonlySet<number> = new Set([
  FRONTEND.Query,
  FRONTEND.Parse,
  FRONTEND.Bind,
  FRONTEND.Describe,
  FRONTEND.Execute,
  FRONTEND.Close,
  FRONTEND.Flush,
  FRONTEND.CopyData,
  FRONTEND.CopyDone,
  FRONTEND.CopyFail,
  FRONTEND.FunctionCall,
]);

export class Requests {
  readonly #state: SessionState;
  readonly #reader = new MessageReader({ maxBytes: LIMITS.clientMessageBytesMax, fragmented: streams });
  readonly #relay = new Relay();
  /** Set while a question of the gateway's own must be answered first. */
  #stalled = false;
  /** A statement of this pipeline changes the search path. */
  #stallAtSync = false;
  /** Syncs that were not sent because the server would have ignored them, as long as no COPY data followed them. */
  #syncsLeftOut = 0;
  #terminated = false;

  constructor(state: SessionState) {
    this.#state = state;
  }

  /** The client must not be read from for now. */
  get stalled(): boolean {
    const { stage } = this.#state.copyIn;
    if (stage === "awaited" || stage === "ending") return true;
    // The server reads data now, whatever else is waited for.
    if (stage === "reading") return false;
    return this.#stalled || this.#state.pending.length > LIMITS.pipelineMessagesMax;
  }

  /** The client has said goodbye. */
  get terminated(): boolean {
    return this.#terminated;
  }

  /** Takes what came from the client; returns what goes to the server. */
  receive(chunk: Buffer): Buffer[] {
    this.#reader.push(chunk);
    return this.proceed();
  }

  /** Goes on with what is there, after a stall. */
  proceed(): Buffer[] {
    if (this.#syncsLeftOut > 0 && this.#state.copyIn.stage === "none") this.#afterCopy();
    while (!this.stalled && !this.#terminated && this.#reader.next()) this.#message();
    return this.#relay.take();
  }

  /** The server is ready for a query: returns a question of ours to send first, if there is one. */
  ready(): Buffer[] {
    if (this.#state.pending.length > 0) return [];
    this.#stalled = false;
    return this.#state.searchPath.due(this.#state.transaction) ? this.askSearchPath() : [];
  }

  /** Asks the server which schemas the session searches; the client waits until it is known. */
  askSearchPath(): Buffer[] {
    this.#stalled = true;
    const done: PendingHidden["done"] = (rows) => {
      this.#stalled = false;
      if (rows !== undefined) {
        this.#state.searches(rows.map(([name]) => name ?? "").filter((name) => !/^pg_(toast_)?temp_/.test(name)));
      }
    };
    this.#state.pending.push({ kind: "hidden", sequence: this.#state.nextSequence(), rows: [], failed: false, done });
    this.#relay.insert(encodeQuery(ASK_SEARCH_PATH));
    return this.#relay.take();
  }

  #message(): void {
    const reader = this.#reader;
    if (this.#state.skipping && SKIPPED.has(reader.type)) return;
    if (this.#state.copyIn.stage === "reading") return this.#duringCopy();
    switch (reader.type) {
      case FRONTEND.Query:
        return this.#query();
      case FRONTEND.Parse:
        return this.#parse();
      case FRONTEND.Bind:
        return this.#bind();
      case FRONTEND.Describe:
        return this.#describe();
      case FRONTEND.Execute:
        return this.#execute();
      case FRONTEND.Close:
        return this.#close();
      case FRONTEND.Sync:
        this.#sync();
        return this.#keep();
      case FRONTEND.CopyDone:
      case FRONTEND.CopyFail:
      case FRONTEND.CopyData:
        // Left over from a COPY that failed: the server ignores it.
        return this.#keep();
      case FRONTEND.Flush:
        return this.#keep();
      case FRONTEND.FunctionCall:
        return this.#functionCall();
      case FRONTEND.Terminate:
        this.#terminated = true;
        return this.#keep();
      default:
        throw new WhosawError("PROTOCOL_VIOLATION", `the client sent a message of unknown type ${reader.type}`);
    }
  }

  /** The server reads COPY data. A Sync would be ignored, or answered if the COPY has failed meanwhile: it is not sent. */
  #duringCopy(): void {
    switch (this.#reader.type) {
      case FRONTEND.Sync:
        this.#syncsLeftOut += 1;
        return;
      case FRONTEND.CopyDone:
      case FRONTEND.CopyFail:
        this.#syncsLeftOut = 0;
        this.#state.copyIn.stage = "ending";
        this.#keep();
        // Its outcome must be known before anything else is sent.
        this.#relay.insert(FLUSH);
        return;
      case FRONTEND.CopyData:
        this.#syncsLeftOut = 0;
        return this.#keep();
      case FRONTEND.Flush:
        return this.#keep();
      case FRONTEND.Terminate:
        this.#terminated = true;
        return this.#keep();
      default:
        // The server says so and ends the connection: nothing behind it is sent.
        this.#state.copyIn.stage = "ending";
        return this.#keep();
    }
  }

  /** The COPY is over without data: if it has failed, the server reads the Syncs that followed it. */
  #afterCopy(): void {
    const due = this.#state.skipping ? this.#syncsLeftOut : 0;
    this.#syncsLeftOut = 0;
    for (let sync = 0; sync < due; sync++) {
      this.#sync();
      this.#relay.insert(SYNC);
    }
  }

  /** Passes the current message on as it came. */
  #keep(): void {
    this.#relay.keep(this.#reader.buffer, this.#reader.start, this.#reader.end);
  }

  #query(): void {
    const { buffer, payload, end } = this.#reader;
    const sequence = this.#state.nextSequence();
    const sql = this.#read(decodeQuery(buffer, payload, end));
    const source = this.#source(sql, "simple");
    const text = this.#plan(sql, "simple");
    const { refusal } = text;
    if (refusal !== undefined) this.#relay.insert(encodeQuery(REFUSED_TEXT));
    else if (sql instanceof WhosawError || text.text === sql.text) this.#keep();
    else this.#relay.insert(encodeQuery(sql.encode(text.text)));
    const pending: Pending = {
      kind: "query",
      sequence,
      text,
      source,
      refusal,
      statement: 0,
      execution: undefined,
      failed: false,
    };
    this.#state.pending.push(pending);
    this.#stalled = this.#state.unsettles(text);
    if (refusal === undefined && text.statements.some(copiesIn)) this.#state.copyIn.await(pending);
  }

  #parse(): void {
    const { buffer, payload, end } = this.#reader;
    const sequence = this.#state.nextSequence();
    const message = decodeParse(buffer, payload, end);
    const sql = this.#read(message.text);
    const source = this.#source(sql, "extended");
    const text = this.#refuseTypes(message.paramOids) ?? this.#plan(sql, "extended");
    const { refusal } = text;
    if (refusal !== undefined) this.#relay.insert(encodeParse(message.name, REFUSED_TEXT, []));
    else if (sql instanceof WhosawError || text.text === sql.text) this.#keep();
    else this.#relay.insert(encodeParse(message.name, sql.encode(text.text), message.paramOids));
    const prepared: Prepared = { text, source, plan: text.statements[0] };
    if (this.#state.prepared.size >= LIMITS.preparedStatementsMax) throw tooMany("prepared statements");
    const name = this.#name(message.name);
    const undo = this.#state.prepared.set(name, prepared, sequence);
    this.#state.pending.push({ kind: "parse", sequence, name, prepared, text, refusal, undo });
    this.#stallAtSync ||= this.#state.unsettles(text);
  }

  #bind(): void {
    const { buffer, start, payload, end } = this.#reader;
    const sequence = this.#state.nextSequence();
    const names = bindNames(buffer, payload, end);
    const statement = this.#name(names.statement);
    const name = this.#name(names.portal);
    const prepared = this.#state.prepared.get(statement);
    const portal: Portal = { prepared, statement, hold: false, cursor: false, execution: undefined };
    if (this.#state.portals.size >= LIMITS.portalsMax) throw tooMany("portals");
    const outdated = this.#outdated(prepared);
    if (outdated !== undefined) return this.#refuseBind(outdated, sequence);
    const undo = this.#state.portals.set(name, portal, sequence);
    const added = names.resultFormats > 1 ? this.#hiddenColumns(prepared) : 0;
    if (names.resultFormats === 1 && names.firstResultFormat !== 0) this.#bindBinary(prepared);
    else if (added === 0) this.#keep();
    else this.#relay.insert(appendResultFormats(buffer, start, end, added));
    const binary = names.resultFormats > 1 || names.firstResultFormat !== 0;
    this.#state.pending.push({ kind: "bind", sequence, name, portal, binary, addedFormats: added, undo });
  }

  #outdated(prepared: Prepared | undefined): WhosawError | undefined {
    try {
      return this.#state.outdated(prepared);
    } catch (error) {
      if (error instanceof WhosawError) return error;
      throw error;
    }
  }

  /** A message in the place of the Bind that fails as it should: what follows is skipped, as after any error. */
  #refuseBind(refusal: WhosawError, sequence: number): void {
    const text = refusedText(refusal);
    const prepared: Prepared = { text, plan: undefined, source: NO_SOURCE };
    this.#relay.insert(encodeParse(REFUSED_NAME, REFUSED_TEXT, []));
    const pending = {
      kind: "parse",
      sequence,
      name: REFUSED_NAME,
      prepared,
      text,
      refusal,
      undo: () => undefined,
    } as const;
    this.#state.pending.push(pending);
  }

  /** One format for all columns: the client's columns get it one by one, so that companions can be text. */
  #bindBinary(prepared: Prepared | undefined): void {
    const hidden = this.#hiddenColumns(prepared);
    if (hidden === 0) return this.#keep();
    const { buffer, payload, end } = this.#reader;
    const bind = decodeBind(buffer, payload, end);
    const [format = 0] = bind.resultFormats;
    const visible = this.#visibleColumns(prepared);
    const resultFormats = Array.from({ length: visible + hidden }, (_, column) => (column < visible ? format : 0));
    this.#relay.insert(encodeBind({ ...bind, resultFormats }));
  }

  #describe(): void {
    const { buffer, payload, end } = this.#reader;
    const target = decodeTarget(buffer, payload, end);
    const name = this.#name(target.name);
    this.#state.pending.push({ kind: "describe", sequence: this.#state.nextSequence(), what: target.kind, name });
    this.#keep();
  }

  #execute(): void {
    const { buffer, payload, end } = this.#reader;
    const message = decodeExecute(buffer, payload, end);
    const name = this.#name(message.portal);
    const prepared = this.#state.portals.get(name)?.prepared;
    // A statement that returns nothing to the client runs to its end whatever the row limit, hidden RETURNING or not.
    if (message.maxRows !== 0 && this.#hidesRows(prepared))
      this.#relay.insert(encodeExecute({ ...message, maxRows: 0 }));
    else this.#keep();
    const pending: Pending = { kind: "execute", sequence: this.#state.nextSequence(), name };
    this.#state.pending.push(pending);
    if (prepared?.plan !== undefined && copiesIn(prepared.plan)) {
      this.#state.copyIn.await(pending);
      this.#relay.insert(FLUSH);
    }
  }

  #close(): void {
    const { buffer, payload, end } = this.#reader;
    const sequence = this.#state.nextSequence();
    const { kind: what, name: bytes } = decodeTarget(buffer, payload, end);
    const name = this.#name(bytes);
    const names = what === "statement" ? this.#state.prepared : this.#state.portals;
    const undo = names.delete(name, sequence);
    this.#state.pending.push({ kind: "close", sequence, what, name, undo });
    this.#keep();
  }

  #sync(): void {
    this.#state.skipping = false;
    this.#state.pending.push({ kind: "sync", sequence: this.#state.nextSequence() });
    this.#stalled = this.#stallAtSync;
    this.#stallAtSync = false;
  }

  #functionCall(): void {
    const refusal = new WhosawError(
      "FEATURE_NOT_SUPPORTED",
      "function calls by the fastpath protocol are not accounted for",
      {
        hint: "call the function with SELECT",
      },
    );
    this.#relay.insert(encodeQuery(REFUSED_TEXT));
    this.#state.pending.push({
      kind: "query",
      sequence: this.#state.nextSequence(),
      text: refusedText(refusal),
      source: NO_SOURCE,
      refusal,
      statement: 0,
      execution: undefined,
      failed: false,
    });
  }

  get #inUncertainEncoding(): boolean {
    return this.#state.encoding.moves && this.#state.pending.length > 0;
  }

  /** By the server's rules, which cut names. */
  #name(bytes: string): string {
    if (this.#inUncertainEncoding && /[\u0080-\u00ff]/.test(bytes)) throw uncertainEncoding();
    return nameOfBytes(bytes, this.#state.encoding.name);
  }

  #read(bytes: Buffer): SqlText | WhosawError {
    try {
      if (this.#inUncertainEncoding && bytes.some((byte) => byte > 127)) return uncertainEncoding();
      return sqlText(bytes, this.#state.encoding.name);
    } catch (error) {
      if (error instanceof WhosawError) return error;
      throw error;
    }
  }

  #source(sql: SqlText | WhosawError, protocol: "simple" | "extended"): PlanSource {
    if (sql instanceof WhosawError) return NO_SOURCE;
    try {
      return { sql: sql.text, protocol, context: this.#state.context() };
    } catch (error) {
      if (error instanceof WhosawError) return NO_SOURCE; // Refused, as it cannot be planned.
      throw error;
    }
  }

  #plan(sql: SqlText | WhosawError, protocol: "simple" | "extended"): TextPlan {
    try {
      if (sql instanceof WhosawError) throw sql;
      const plan = this.#state.planner.plan(sql.text, this.#state.context(), protocol);
      const refusal = plan.refusal ?? this.#state.cursorRefusal(plan) ?? this.#state.executesOutdated(plan);
      return refusal === plan.refusal ? plan : { ...plan, refusal };
    } catch (error) {
      if (error instanceof WhosawError) return refusedText(error);
      throw error;
    }
  }

  /** Parameters whose values are made by somebody's own functions: they run before any statement is looked at. */
  #refuseTypes(oids: readonly number[]): TextPlan | undefined {
    if (this.#state.policy.mode === "observe" || oids.length === 0) return undefined;
    try {
      const { catalog } = this.#state.context();
      return oids.some((oid) => catalog.typeRunsCode(oid)) ? refusedText(parameterRunsCode()) : undefined;
    } catch (error) {
      if (error instanceof WhosawError) return refusedText(error);
      throw error;
    }
  }

  /** Columns that the server adds to what the client expects of a statement. */
  #hiddenColumns(prepared: Prepared | undefined): number {
    return this.#accountingOf(prepared)?.companions.length ?? 0;
  }

  #visibleColumns(prepared: Prepared | undefined): number {
    return this.#accountingOf(prepared)?.columns ?? 0;
  }

  #hidesRows(prepared: Prepared | undefined): boolean {
    return this.#accountingOf(prepared)?.hideRows ?? false;
  }

  #accountingOf(prepared: Prepared | undefined): Accounting | undefined {
    if (prepared?.plan === undefined) return undefined;
    const standing = this.#state.standingOf(prepared.plan, "sent");
    return standing.kind === "account" ? standing.accounting : undefined;
  }
}

function copiesIn({ effects }: StatementPlan): boolean {
  return effects.some(({ kind }) => kind === "copy-in");
}

function refusedText(refusal: WhosawError): TextPlan {
  return {
    text: REFUSED_TEXT.toString(),
    statements: [],
    refusal,
    edits: [],
    originalPosition: (position) => position,
  };
}

function parameterRunsCode(): WhosawError {
  return new WhosawError(
    "REFUSED",
    "the type of a parameter runs functions of its own: they could read tables by themselves",
    { hint: "declare the parameter as its base type" },
  );
}

function uncertainEncoding(): WhosawError {
  return new WhosawError("REFUSED", "the encoding of this message depends on statements that are still under way", {
    hint: "wait for the answer to SET client_encoding, and to transactions that set it, before text that is not ASCII",
  });
}

function tooMany(what: string): WhosawError {
  return new WhosawError("TOO_MANY_SESSIONS", `this session holds too many ${what}`, {
    hint: "close what is no longer needed, or reconnect",
  });
}
