/** Errors and notices of the server, on their way to the client: rebuilt where they could carry stored values. */
import type { WhosawError } from "../base/errors.ts";
import { rebuildError } from "../lineage/errors/rebuild.ts";
import { skipsTooMany } from "../lineage/offset.ts";
import type { StatementPlan, TextPlan } from "../lineage/plan.ts";
import {
  decodeErrorFields,
  encodeErrorResponse,
  encodeNoticeResponse,
  ERROR_FIELD,
  type ErrorFields,
  fieldsOf,
  sqlstateOf,
} from "../wire/messages/error-response.ts";
import type { Basis } from "./execution.ts";
import type { Pending, PendingBind, PendingExecute, PendingQuery } from "./pending.ts";
import { IN_FAILED_TRANSACTION } from "./refusal.ts";
import type { Relay } from "./relay.ts";
import type { SessionState } from "./session-state.ts";

/** An error that comes when checks run that were put off: it may tell of any protected row of its transaction. */
const DEFERRED = {
  kind: "account",
  plan: { treatment: { kind: "pass" }, effects: [], normalizedText: "COMMIT", fingerprint: "" },
  accounting: {
    uses: [],
    companions: [],
    columns: 0,
    hideRows: false,
    scope: true,
    errorsFromData: true,
    copy: undefined,
  },
} as const satisfies Basis;

const DEFERRED_TEXT: TextPlan = {
  text: "COMMIT",
  statements: [],
  refusal: undefined,
  edits: [],
  originalPosition: (position) => position,
};

export class ErrorResponses {
  readonly #state: SessionState;
  readonly #relay: Relay;
  /** The server has ended the session, and said why. */
  fatal = false;

  constructor(state: SessionState, relay: Relay) {
    this.#state = state;
    this.#relay = relay;
  }

  error(buffer: Buffer, start: number, payload: number, end: number): void {
    const { head } = this.#state.pending;
    if (head?.kind === "hidden") {
      head.failed = true;
      return;
    }
    const fields = decodeErrorFields(buffer, payload, end);
    this.fatal ||= /^(FATAL|PANIC)$/.test(fields.get(ERROR_FIELD.severityNonlocalized) ?? "");
    const rebuilt = head === undefined ? fields : this.#rebuild(head, fields);
    if (rebuilt === fields) this.#relay.keep(buffer, start, end);
    else this.#relay.insert(encodeErrorResponse(rebuilt));
    this.#state.copyIn.answered(head);
    if (head?.kind === "query") head.failed = true;
    else this.#skipToSync();
  }

  notice(buffer: Buffer, start: number, payload: number, end: number): void {
    const { head } = this.#state.pending;
    if (head?.kind === "hidden") return;
    const answering = head?.kind === "query" || head?.kind === "execute" ? this.#answering(head) : undefined;
    if (answering?.standing.kind !== "account") return this.#relay.keep(buffer, start, end);
    const fields = decodeErrorFields(buffer, payload, end);
    const rebuilt = rebuildError([...fields], answering.standing.accounting, answering.text);
    this.#relay.insert(encodeNoticeResponse(new Map(rebuilt)));
  }

  /** The same object if the error may pass as it is. */
  #rebuild(head: Pending, fields: ErrorFields): ErrorFields {
    switch (head.kind) {
      case "query":
        return this.#refusedOr(head.text, head.refusal, fields, () => this.#executionError(head, fields));
      case "parse":
        return this.#refusedOr(head.text, head.refusal, fields, () => moved(fields, head.text));
      case "bind":
        return this.#bindError(head, fields);
      case "execute":
        return this.#executionError(head, fields);
      case "sync":
        return this.#state.touchedProtected ? this.#deferredError(fields) : fields;
      case "describe":
      case "close":
      case "hidden":
        return fields;
    }
  }

  #refusedOr(
    text: TextPlan,
    refusal: WhosawError | undefined,
    fields: ErrorFields,
    otherwise: () => ErrorFields,
  ): ErrorFields {
    if (refusal === undefined) return otherwise();
    if (sqlstateOf(fields) === IN_FAILED_TRANSACTION) return fields;
    this.#state.recordRefusal(refusal, text);
    return fieldsOf(refusal, "ERROR");
  }

  /** Planning with the values of parameters may find out what a refusal depends on. */
  #bindError({ portal: { prepared }, addedFormats }: PendingBind, fields: ErrorFields): ErrorFields {
    const accounted = prepared?.plan?.treatment.kind === "account" ? prepared : undefined;
    const refusal = accounted && skipsTooMany(fields.get(ERROR_FIELD.message));
    if (refusal) return this.#refusedOr(accounted.text, refusal, fields, () => fields);
    return addedFormats === 0 ? fields : withoutAddedFormats(fields, addedFormats);
  }

  #executionError(head: PendingQuery | PendingExecute, fields: ErrorFields): ErrorFields {
    const answering = this.#answering(head);
    if (answering === undefined) return this.#state.touchedProtected ? this.#deferredError(fields) : fields;
    const { standing, text, plan } = answering;
    if (standing.kind === "pass" && this.#mayBeDeferred(plan)) return this.#deferredError(fields);
    if (standing.kind === "pass" || standing.kind === "unknown") return moved(fields, text);
    const known = head.kind === "query" ? head.execution : this.#portal(head)?.execution;
    const execution = known ?? this.#state.beginExecution(standing);
    const rebuilt =
      standing.kind === "opaque" ? moved(fields, text) : new Map(rebuildError([...fields], standing.accounting, text));
    execution.end(sqlstateOf(rebuilt));
    this.#state.unrecorded.add(execution);
    return rebuilt;
  }

  /**
   * At the end of a transaction the server does what earlier statements put off: deferred constraints, cursors WITH HOLD.
   * Outside of a transaction block that is the end of any statement.
   */
  #mayBeDeferred(plan: StatementPlan): boolean {
    if (!this.#state.touchedProtected) return false;
    return this.#state.transaction !== "T" || plan.effects.some(({ kind }) => kind === "deferred-checks");
  }

  #deferredError(fields: ErrorFields): ErrorFields {
    const execution = this.#state.beginExecution(DEFERRED);
    execution.end(sqlstateOf(fields));
    this.#state.unrecorded.add(execution);
    return new Map(rebuildError([...fields], DEFERRED.accounting, DEFERRED_TEXT));
  }

  #answering(head: PendingQuery | PendingExecute) {
    const text = head.kind === "query" ? head.text : this.#portal(head)?.prepared?.text;
    const plan: StatementPlan | undefined =
      head.kind === "query" ? head.text.statements[head.statement] : this.#portal(head)?.prepared?.plan;
    if (text === undefined || plan === undefined) return undefined;
    return { text, plan, standing: this.#state.standingOf(plan) };
  }

  #portal(head: PendingExecute) {
    return this.#state.portals.answered(head.name);
  }

  /** After an error in the extended protocol the server skips everything up to the next Sync, simple queries included. */
  #skipToSync(): void {
    const undone: (() => void)[] = [];
    for (let head = this.#state.pending.head; head !== undefined; head = this.#state.pending.head) {
      if (head.kind === "sync" || head.kind === "hidden") break;
      if (head.kind === "parse" || head.kind === "bind" || head.kind === "close") undone.push(head.undo);
      this.#state.copyIn.answered(head);
      this.#state.pending.shift();
    }
    for (const undo of undone.reverse()) undo();
    // The Sync is still to come, and what comes before it will not be answered.
    this.#state.skipping = this.#state.pending.head === undefined;
  }
}

/** The error's position, mapped from the text that was sent to the text that the client wrote. */
function moved(fields: ErrorFields, text: TextPlan): ErrorFields {
  const position = Number(fields.get(ERROR_FIELD.position));
  if (!Number.isSafeInteger(position) || position < 1 || text.edits?.length === 0) return fields;
  return new Map(fields).set(ERROR_FIELD.position, String(text.originalPosition(position)));
}

/** `bind message has 5 result formats but query has 4 columns`: both counts without what the client cannot see. */
function withoutAddedFormats(fields: ErrorFields, added: number): ErrorFields {
  const message = fields.get(ERROR_FIELD.message) ?? "";
  const counts = /^bind message has (\d+) result formats but query has (\d+) columns$/.exec(message);
  if (counts === null) return fields;
  const [, formats, columns] = counts.map(Number) as [number, number, number];
  return new Map(fields).set(
    ERROR_FIELD.message,
    `bind message has ${formats - added} result formats but query has ${columns - added} columns`,
  );
}
