/** What may be asked about cases and reports, by name: the shape of each question, and who answers it. */
import * as z from "zod";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { CaseDesk } from "./desk.ts";
import { type Step, steps, type Tell } from "./steps.ts";

/** Text for people: one line, nothing that could steer a terminal. */
const line = (charsMax: number) =>
  z
    .string()
    .min(1)
    .max(charsMax)
    .regex(/^[^\p{C}]+$/u);
const caseId = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1);
const reportId = z.string().regex(/^r-[0-9a-f]{16}$/u);
const ms = z.number().int().min(0).max(8.64e15);
const pseudonymised = z.string().min(1).max(LIMITS.controlNameCharsMax).optional();

const report = z.strictObject({
  kind: line(LIMITS.controlNameCharsMax),
  key: z.string().min(1).max(LIMITS.controlKeyCharsMax),
  fromMs: ms,
  toMs: ms,
  fields: z.number().int().min(0).max(63),
  reporter: pseudonymised,
  caller: pseudonymised,
  mark: z
    .strictObject({ value: z.number().int().min(0), ways: z.number().int().min(2).max(999_999) })
    .refine(({ value, ways }) => value < ways)
    .optional(),
});

const settings = z.record(z.string().regex(/^[a-zA-Z]{1,40}$/u), z.number());

const tracing = {
  caseId,
  kind: line(LIMITS.controlNameCharsMax).optional(),
  fromLedger: z.boolean().optional(),
  teams: z.record(line(LIMITS.controlNameCharsMax), line(LIMITS.controlNameCharsMax)).optional(),
};

interface Question<Asked> {
  readonly shape: z.ZodType<Asked>;
  readonly answer: (desk: CaseDesk, asked: Asked, by: string, tell: Tell) => Promise<unknown>;
}

function question<Asked>(shape: z.ZodType<Asked>, answer: Question<Asked>["answer"]): AnyQuestion {
  return (body) => {
    const parsed = shape.safeParse(body);
    if (!parsed.success) throw misshapen(parsed.error);
    return (desk, by, tell) => answer(desk, parsed.data, by, tell);
  };
}

/** Checks what was sent. @throws {WhosawError} USAGE */
type AnyQuestion = (body: unknown) => (desk: CaseDesk, by: string, tell: Tell) => Promise<unknown>;

const nothing = z.strictObject({});

export const CASE_QUESTIONS = {
  "case-open": question(z.strictObject({ title: line(LIMITS.caseTitleCharsMax), settings }), (desk, asked, by) =>
    desk.open(by, asked),
  ),
  "case-list": question(nothing, (desk) => desk.list()),
  "case-show": question(z.strictObject({ id: caseId }), (desk, asked) => desk.show(asked)),
  "case-close": question(z.strictObject({ id: caseId }), (desk, asked, by) => desk.close(by, asked)),
  "report-add": question(z.strictObject({ caseId: caseId.optional(), report }), (desk, asked, by) =>
    desk.add(by, asked),
  ),
  "report-import": question(
    z.strictObject({ caseId: caseId.optional(), reports: z.array(report).max(LIMITS.reportsPerCaseMax) }),
    (desk, asked, by, tell) => desk.import(by, asked, tell),
  ),
  "report-list": question(z.strictObject({ caseId: caseId.optional() }), (desk, asked, by) => desk.reports(by, asked)),
  "report-assign": question(
    z.strictObject({ caseId, ids: z.array(reportId).min(1).max(LIMITS.reportsPerTurnMax) }),
    (desk, asked, by) => desk.assign(by, asked),
  ),
  trace: question(z.strictObject(tracing), (desk, asked, by, tell) => desk.trace(by, asked, tell)),
  "trace-again": question(
    z.strictObject({ ...tracing, settings, ids: z.array(reportId).min(1).max(LIMITS.reportsPerCaseMax) }),
    (desk, asked, by, tell) => desk.traceAgain(by, asked, tell),
  ),
  "report-withdraw": question(
    z.strictObject({ id: reportId, because: line(LIMITS.reasonCharsMax) }),
    (desk, asked, by) => desk.withdraw(by, asked),
  ),
} as const satisfies Record<string, AnyQuestion>;

export type CaseQuestionName = keyof typeof CASE_QUESTIONS;

/**
 * Answers as the desk goes along.
 * @throws {WhosawError} USAGE at once for what has not the right shape
 */
export function askDesk(
  desk: CaseDesk,
  name: CaseQuestionName,
  body: unknown,
  by: string,
): AsyncGenerator<Step<unknown>, void, undefined> {
  const asked = CASE_QUESTIONS[name](body);
  return steps((tell) => asked(desk, by, tell));
}

/** Names the first thing wrong, and repeats nothing of it. */
function misshapen({ issues }: z.ZodError): WhosawError {
  const place = issues[0]?.path.join(" ").slice(0, LIMITS.shownNameCharsMax) ?? "";
  const about = HINTS[String(issues[0]?.path.at(-1))] ?? "Use the commands of the same version as the control plane.";
  return new WhosawError("USAGE", `This cannot be taken${place === "" ? "" : `: ${place} is not as it should be`}.`, {
    hint: about,
  });
}

const HINTS: Readonly<Record<string, string>> = {
  title: `A title is one line of up to ${LIMITS.caseTitleCharsMax} characters.`,
  because: `A reason is one line of up to ${LIMITS.reasonCharsMax} characters.`,
  id: "A case has a number, as `whosaw case list` shows it; a report an id such as r-0123456789abcdef.",
  ids: "A report has an id such as r-0123456789abcdef, as `whosaw report list` shows it.",
  caseId: "A case has a number, as `whosaw case list` shows it.",
};
