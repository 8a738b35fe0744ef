/**
 * From the server to the client: companions are read and stripped, errors rebuilt, and every message taken off the
 * queue of what is pending. Sans-IO: takes chunks, gives slices for the client's outbox.
 */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { textOf } from "../wire/bytes.ts";
import { CopyStripper } from "../wire/copy-rows.ts";
import { MessageReader } from "../wire/framing.ts";
import { decodeDataRow } from "../wire/messages/data-row.ts";
import { NO_DATA } from "../wire/messages/empty.ts";
import { decodeParameterStatus } from "../wire/messages/parameter-status.ts";
import { decodeReadyForQuery } from "../wire/messages/ready-for-query.ts";
import { stripCopyResponse, stripDataRow, stripRowDescription } from "../wire/strip.ts";
import { BACKEND } from "../wire/types.ts";
import { ErrorResponses } from "./error-responses.ts";
import type { Execution } from "./execution.ts";
import type { Pending, PendingHidden, PendingQuery, PendingSync, Prepared } from "./pending.ts";
import { Relay } from "./relay.ts";
import type { SessionState } from "./session-state.ts";
import type { Standing } from "./standing.ts";

/** The statement that the server is answering now. */
interface Running {
  readonly execution: Execution | undefined;
  /** Columns at the end of each row that the client must not see. */
  readonly hiddenColumns: number;
  readonly visibleColumns: number;
  readonly hideRows: boolean;
  copy: CopyStripper | undefined;
}

const PASSING: Running = {
  execution: undefined,
  hiddenColumns: 0,
  visibleColumns: 0,
  hideRows: false,
  copy: undefined,
};

export class Responses {
  readonly #state: SessionState;
  readonly #errors: ErrorResponses;
  readonly #reader: MessageReader;
  readonly #relay = new Relay();
  /** Kept while one statement answers: rows come by the thousand. */
  #running: Running | undefined;
  /** Noted as unrecorded since the last chunk came: nothing drains in between. */
  #noted: Execution | undefined;
  #becameReady = false;

  constructor(state: SessionState) {
    this.#state = state;
    this.#errors = new ErrorResponses(state, this.#relay);
    this.#reader = new MessageReader({
      maxBytes: (type) => (type === BACKEND.DataRow ? LIMITS.protectedRowBytesMax : LIMITS.clientMessageBytesMax),
      fragmented: (type) => (type === BACKEND.DataRow || type === BACKEND.CopyData) && this.#mayStream(),
    });
  }

  /** Between messages: an error of the gateway's own may be put here. */
  get betweenMessages(): boolean {
    return this.#reader.last;
  }

  /**
   * Takes what came from the server; returns what goes to the client, in order.
   * @throws WhosawError when the session cannot go on: nothing of this chunk may leave then
   */
  receive(chunk: Buffer): Buffer[] {
    this.#reader.push(chunk);
    this.#noted = undefined;
    while (this.#reader.next()) this.#message();
    return this.#relay.take();
  }

  /** The server has said why it ends the session. */
  get fatal(): boolean {
    return this.#errors.fatal;
  }

  /** Whether a ReadyForQuery came since the last call. */
  takeReady(): boolean {
    const ready = this.#becameReady;
    this.#becameReady = false;
    return ready;
  }

  #message(): void {
    const reader = this.#reader;
    switch (reader.type) {
      case BACKEND.DataRow:
        return this.#dataRow();
      case BACKEND.RowDescription:
        return this.#rowDescription();
      case BACKEND.CommandComplete:
      case BACKEND.EmptyQueryResponse:
      case BACKEND.PortalSuspended:
        return this.#complete(reader.type);
      case BACKEND.BindComplete:
        this.#bound();
        return this.#keep();
      case BACKEND.ParseComplete:
        this.#parsed();
        return this.#keep();
      case BACKEND.CloseComplete:
        this.#closed();
        return this.#keep();
      case BACKEND.NoData:
        this.#take("describe");
        return this.#keep();
      case BACKEND.ReadyForQuery:
        return this.#ready();
      case BACKEND.ErrorResponse:
        this.#running = undefined;
        return this.#errors.error(reader.buffer, reader.start, reader.payload, reader.end);
      case BACKEND.NoticeResponse:
        return this.#errors.notice(reader.buffer, reader.start, reader.payload, reader.end);
      case BACKEND.CopyInResponse:
        return this.#copyIn();
      case BACKEND.CopyOutResponse:
        return this.#copyOut();
      case BACKEND.CopyData:
        return this.#copyData();
      case BACKEND.ParameterStatus:
        return this.#parameterStatus();
      case BACKEND.ParameterDescription:
      case BACKEND.CopyDone:
      case BACKEND.NotificationResponse:
        return this.#keep();
      default:
        throw new WhosawError("PROTOCOL_VIOLATION", `the database sent a message of unexpected type ${reader.type}`);
    }
  }

  #keep(): void {
    this.#relay.keep(this.#reader.buffer, this.#reader.start, this.#reader.end);
  }

  #dataRow(): void {
    const running = this.#current();
    const { execution } = running;
    if (execution === undefined) return this.#unaccountedRow();
    if (this.#reader.first) execution.countRow();
    this.#note(execution);
    if (running.hiddenColumns === 0) return running.hideRows ? undefined : this.#keep();
    const { buffer, start, end } = this.#reader;
    const place = this.#relay.place(buffer, start);
    const placed = stripDataRow(buffer, start, end, running.visibleColumns, running.hiddenColumns, place, execution);
    if (!running.hideRows) this.#relay.placed(placed);
  }

  /** What this execution has read must be recorded before the bytes of this chunk leave. */
  #note(execution: Execution): void {
    if (execution === this.#noted) return;
    this.#noted = execution;
    this.#state.unrecorded.add(execution);
  }

  #unaccountedRow(): void {
    const { head } = this.#state.pending;
    if (head?.kind !== "hidden") return this.#keep();
    const { buffer, payload, end } = this.#reader;
    head.rows.push(decodeDataRow(buffer, payload, end).map((value) => value && value.toString("utf8")));
  }

  #bound(): void {
    const { name, portal, binary } = this.#take("bind");
    const prepared = this.#state.prepared.answered(portal.statement);
    if (portal.prepared !== prepared) {
      // The Bind was written for another statement: its companions may come in binary, and nobody has looked whether its plan still holds.
      if (binary && this.#runningOf(prepared, false).hiddenColumns > 0) throw unaccounted(portal.statement);
      if (this.#state.outdated(prepared) !== undefined) throw unaccounted(portal.statement);
      portal.prepared = prepared;
    }
    this.#state.portals.confirm(name, portal);
  }

  #parsed(): void {
    const { name, prepared } = this.#take("parse");
    this.#state.prepared.confirm(name, prepared);
  }

  #closed(): void {
    const { what, name } = this.#take("close");
    if (what === "statement") this.#state.prepared.forget(name);
    else this.#state.portals.forget(name);
  }

  /** Takes off the queue what the server has just answered. */
  #take<K extends Pending["kind"]>(kind: K): Extract<Pending, { kind: K }> {
    const { head } = this.#state.pending;
    if (head?.kind !== kind) throw outOfStep();
    this.#state.pending.shift();
    return head as Extract<Pending, { kind: K }>;
  }

  #rowDescription(): void {
    const { buffer, start, end } = this.#reader;
    const { head } = this.#state.pending;
    if (head?.kind === "hidden") return;
    const describes = head?.kind === "describe";
    const running = describes ? this.#runningOf(this.#described(), false) : this.#current();
    if (describes) this.#state.pending.shift();
    if (running.hideRows) {
      if (describes) this.#relay.insert(NO_DATA);
    } else if (running.hiddenColumns === 0) {
      this.#keep();
    } else {
      const place = this.#relay.place(buffer, start);
      const { visibleColumns, hiddenColumns } = running;
      this.#relay.placed(stripRowDescription(buffer, start, end, visibleColumns, hiddenColumns, place));
    }
  }

  #complete(type: number): void {
    const { head } = this.#state.pending;
    if (head?.kind === "hidden") return;
    const { execution } = type === BACKEND.EmptyQueryResponse ? PASSING : this.#current();
    this.#running = undefined;
    if (execution !== undefined) {
      if (type !== BACKEND.PortalSuspended) execution.end(undefined);
      this.#note(execution);
    }
    if (head?.kind === "query") {
      const { text, source } = head;
      this.#applyEffects({ text, source, plan: text.statements[head.statement] }, head.sequence);
      head.statement += 1;
      head.execution = undefined;
    } else if (head?.kind === "execute") {
      const portal = this.#state.portals.answered(head.name);
      if (type !== BACKEND.PortalSuspended && portal?.cursor === false)
        this.#applyEffects(portal.prepared, head.sequence);
      this.#state.copyIn.answered(head);
      this.#state.pending.shift();
    }
    this.#keep();
  }

  #ready(): void {
    const { buffer, payload, end } = this.#reader;
    const head = this.#answered();
    this.#running = undefined;
    this.#state.copyIn.answered(head);
    this.#state.transaction = decodeReadyForQuery(buffer, payload, end);
    this.#state.touchedProtected &&= this.#state.transaction !== "I";
    if (head?.kind === "hidden") {
      head.done(head.failed ? undefined : head.rows);
    } else {
      if (this.#state.transaction === "I") {
        this.#state.portals.forgetAll((portal) => portal.hold);
        this.#state.portals.clear(head.sequence, (portal) => portal.hold);
      }
      this.#keep();
    }
    this.#becameReady = true;
  }

  /** What this ReadyForQuery answers. */
  #answered(): PendingQuery | PendingSync | PendingHidden {
    const { head } = this.#state.pending;
    if (head?.kind !== "query" && head?.kind !== "sync" && head?.kind !== "hidden") throw outOfStep();
    // A query is answered when all of its statements are, or one of them has failed.
    if (head.kind === "query" && !head.failed && head.statement < head.text.statements.length) throw outOfStep();
    this.#state.pending.shift();
    return head;
  }

  #copyIn(): void {
    this.#current();
    // In observe a statement that could not be read may be a COPY.
    if (this.#state.copyIn.stage === "none" && this.#state.policy.mode === "enforce") throw outOfStep();
    this.#state.copyIn.stage = "reading";
    this.#keep();
  }

  #copyOut(): void {
    const running = this.#current();
    const { execution } = running;
    if (execution === undefined || running.hiddenColumns === 0) return this.#keep();
    const format = execution.basis.kind === "account" ? execution.basis.accounting.copy : undefined;
    if (format === undefined) throw unaccounted("a COPY");
    running.copy = new CopyStripper(format, running.visibleColumns, running.hiddenColumns, {
      encoding: this.#state.encoding.name,
    });
    const { buffer, start, end } = this.#reader;
    const place = this.#relay.place(buffer, start);
    this.#relay.placed(stripCopyResponse(buffer, start, end, running.visibleColumns, running.hiddenColumns, place));
  }

  #copyData(): void {
    const { execution, copy } = this.#current();
    if (execution === undefined) return this.#keep();
    this.#note(execution);
    if (copy === undefined) {
      if (this.#reader.first) execution.countRow();
      return this.#keep();
    }
    const { buffer, start, end } = this.#reader;
    const place = this.#relay.place(buffer, start);
    this.#relay.placed(copy.strip(buffer, start, end, place, execution));
    if (copy.row) execution.countRow();
  }

  #parameterStatus(): void {
    const { buffer, payload, end } = this.#reader;
    const { name, value } = decodeParameterStatus(buffer, payload, end);
    this.#state.parameterChanged(name, value);
    this.#keep();
  }

  #applyEffects(prepared: Prepared | undefined, sequence: number): void {
    if (prepared?.plan !== undefined) this.#state.apply(prepared.plan.effects, prepared, sequence);
  }

  /** Bytes of rows may pass as they come if nothing in them has to be read whole. */
  #mayStream(): boolean {
    return this.#current().hiddenColumns === 0 && this.#state.pending.head?.kind !== "hidden";
  }

  /** What the server is answering now. */
  #current(): Running {
    this.#running ??= this.#begin();
    return this.#running;
  }

  #begin(): Running {
    const { head } = this.#state.pending;
    if (head?.kind === "query") {
      const plan = head.text.statements[head.statement];
      if (plan === undefined) throw unaccounted("a statement that the planner has not seen");
      const running = this.#runningOf({ text: head.text, source: head.source, plan });
      head.execution = running.execution;
      return running;
    }
    if (head?.kind === "hidden") return PASSING;
    if (head?.kind !== "execute") throw outOfStep();
    const portal = this.#state.portals.answered(head.name);
    if (portal?.prepared === undefined) throw unaccounted(head.name);
    const running = this.#runningOf(portal.prepared, true, portal.execution);
    portal.execution = running.execution;
    return running;
  }

  #described(): Prepared | undefined {
    const { head } = this.#state.pending;
    if (head?.kind !== "describe") return undefined;
    return head.what === "statement"
      ? this.#state.prepared.answered(head.name)
      : this.#state.portals.answered(head.name)?.prepared;
  }

  #runningOf(prepared: Prepared | undefined, executes = true, execution?: Execution): Running {
    if (prepared?.plan === undefined) return PASSING;
    const standing: Standing = this.#state.standingOf(prepared.plan);
    if (standing.kind === "pass") return PASSING;
    if (standing.kind === "unknown") throw unaccounted(standing.name);
    if (executes) this.#state.touchedProtected = true;
    const accounting = standing.kind === "account" ? standing.accounting : undefined;
    return {
      execution: executes ? (execution ?? this.#state.beginExecution(standing)) : undefined,
      hiddenColumns: accounting?.companions.length ?? 0,
      visibleColumns: accounting?.columns ?? 0,
      hideRows: accounting?.hideRows ?? false,
      copy: undefined,
    };
  }
}

/** Rows that are the answer to nothing would be accounted for as nothing. */
function outOfStep(): WhosawError {
  return new WhosawError("PROTOCOL_VIOLATION", "the database answered something that was not asked");
}

function unaccounted(name: string): WhosawError {
  return new WhosawError(
    "REFUSED",
    `the gateway does not know what ${textOf(name)} reads, so its rows cannot be accounted for`,
    {
      hint: "declare cursors and prepare statements in this session, by SQL or by the protocol",
    },
  );
}
