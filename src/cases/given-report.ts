/** A report as somebody gives it, in texts; and as values, once each has been understood. */
import { DAY_MS } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { readFieldsKnown } from "./fields-known.ts";

/** As typed, or as a file has it. Left out and empty are the same. */
export interface ReportTexts {
  /** `KIND:KEY`, or the key alone where there is one kind. */
  readonly subject?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly fields?: string | undefined;
  readonly reporter?: string | undefined;
  readonly caller?: string | undefined;
  readonly mark?: string | undefined;
}

/** Still with what must not be kept: the texts of reporter, caller and a text key. */
export interface GivenReport {
  readonly kind: string;
  readonly key: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly fields: number;
  readonly reporter?: string | undefined;
  readonly caller?: string | undefined;
  readonly mark?: { readonly value: number; readonly ways: number } | undefined;
}

/** What the texts are read against. */
export interface ReportSetting {
  /** Kinds of subject in whosaw.yaml. */
  readonly kinds: readonly string[];
  readonly nowMs: number;
}

/** @throws {WhosawError} USAGE: which of the texts is wrong, and how it is written; repeats none of them */
export function readReport(texts: ReportTexts, { kinds, nowMs }: ReportSetting): GivenReport {
  const subject = readSubject(texts.subject ?? "", kinds);
  const from = contactTime("from", texts.from ?? "");
  const to = contactTime("to", blank(texts.to) ? (texts.from ?? "") : (texts.to ?? ""));
  assertInterval({ fromMs: from.first, toMs: to.last }, nowMs);
  return {
    ...subject,
    fromMs: from.first,
    toMs: to.last,
    fields: readFieldsKnown(texts.fields ?? ""),
    reporter: bounded("reporter", texts.reporter),
    caller: bounded("caller", texts.caller),
    mark: readMark(texts.mark),
  };
}

/** @throws {WhosawError} USAGE */
function readSubject(text: string, kinds: readonly string[]): { readonly kind: string; readonly key: string } {
  const given = text.trim();
  const colon = given.indexOf(":");
  const named = kinds.find((kind) => colon !== -1 && kind === given.slice(0, colon));
  const [only] = kinds;
  const kind = named ?? (kinds.length === 1 ? only : undefined);
  if (kind === undefined)
    throw new WhosawError("USAGE", "The subject does not begin with a kind of subject and a colon.", {
      hint: `Write KIND:KEY. Kinds in whosaw.yaml: ${kinds.join(", ")}.`,
    });
  const key = named === undefined ? given : given.slice(colon + 1).trim();
  if (key === "" || key.length > LIMITS.controlKeyCharsMax)
    throw new WhosawError("USAGE", `The subject's key ${key === "" ? "is missing" : "is too long"}.`, {
      hint: "Give the key as the database holds it: a number, a uuid or a text.",
    });
  return { kind, key };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/u;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})$/iu;
const EPOCH = /^\d{1,16}$/u;

/** A day stands for all of it: its first and its last millisecond. */
function contactTime(name: string, given: string): { readonly first: number; readonly last: number } {
  const text = given.trim();
  if (DAY.test(text)) {
    const ms = Date.parse(text);
    if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)) return { first: ms, last: ms + DAY_MS - 1 };
  }
  const ms = EPOCH.test(text) ? Number(text) : INSTANT.test(text) ? Date.parse(text.replace(" ", "T")) : Number.NaN;
  if (!Number.isNaN(ms)) return { first: ms, last: ms };
  throw new WhosawError("USAGE", `${name} ${text === "" ? "is missing" : "is no time"}.`, {
    hint: "Write a day (2026-11-21, all of it in UTC), an instant with its zone (2026-11-21T08:00:00+01:00), or milliseconds since 1970.",
  });
}

const EARLIEST_MS = Date.UTC(2000, 0);

/** @throws {WhosawError} USAGE for a contact that no trace could weigh: one such report would end every trace of its case */
export function assertInterval({ fromMs, toMs }: Pick<GivenReport, "fromMs" | "toMs">, nowMs: number): void {
  const wrong =
    fromMs < EARLIEST_MS
      ? "from is before the year 2000"
      : fromMs > nowMs + DAY_MS
        ? "from is in the future"
        : toMs < fromMs
          ? "to is before from"
          : toMs - fromMs > LIMITS.contactDaysMax * DAY_MS
            ? `from and to are more than ${LIMITS.contactDaysMax} days apart`
            : undefined;
  if (wrong === undefined) return;
  throw new WhosawError("USAGE", `${wrong.charAt(0).toUpperCase()}${wrong.slice(1)}.`, {
    hint: "The contact happened between the two. Milliseconds since 1970 have thirteen digits; seconds have ten.",
  });
}

function bounded(name: string, text: string | undefined): string | undefined {
  if (blank(text)) return undefined;
  if ((text?.length ?? 0) <= LIMITS.controlNameCharsMax) return text?.trim();
  throw new WhosawError("USAGE", `The ${name} is longer than ${LIMITS.controlNameCharsMax} characters.`, {
    hint: "Give one number, account or device.",
  });
}

/** `3/8`: the third of eight ways. */
function readMark(text: string | undefined): GivenReport["mark"] {
  if (blank(text)) return undefined;
  const [value, ways] = (/^(\d{1,6})\/(\d{1,6})$/u.exec(text?.trim() ?? "")?.slice(1) ?? []).map(Number);
  if (value !== undefined && ways !== undefined && ways >= 2 && value < ways) return { value, ways };
  throw new WhosawError("USAGE", "A mark is a value and of how many it is one.", {
    hint: "Write 3/8 for value 3 of 0 to 7.",
  });
}

function blank(text: string | undefined): boolean {
  return text === undefined || text.trim() === "";
}
