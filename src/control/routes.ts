/** The questions on the Unix socket. */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { WhosawError } from "../base/errors.ts";
import { foundLooks, foundQuestion, type FoundQuestion, type FoundTold } from "../found/question.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { GatewayReport, LeaseGrant } from "../metrics/report.ts";
import type { ReindexProgress } from "../shipping/reindex.ts";
import type { Answering } from "./answers.ts";
import { askDesk, CASE_QUESTIONS, type CaseQuestionName } from "../cases/questions.ts";
import type { CaseDesk } from "../cases/desk.ts";
import { LIMITS } from "../base/limits.ts";
import { checked, told } from "./app.ts";
import type { ExpiredLog } from "./expiry.ts";
import type { HealthTold } from "./health.ts";
import { recorded } from "./looks.ts";
import {
  type AnswerLine,
  type ExpireAsked,
  expireAsked,
  gatewayReport,
  lookMade,
  namedAsker,
  type ReloadTold,
  type ScopeAsked,
  scopeAsked,
  type SeenByQuestion,
  seenByQuestion,
  type WhoSawQuestion,
  whoSawQuestion,
} from "./protocol.ts";

/** What answers them. */
export interface Desk {
  grant(report: GatewayReport): LeaseGrant;
  reload(): Promise<ReloadTold>;
  whoSaw(question: WhoSawQuestion): Promise<Answering>;
  seenBy(question: SeenByQuestion): Promise<Answering>;
  scope(question: ScopeAsked): Promise<Answering>;
  /** @throws WhosawError if columns are not open */
  found(question: FoundQuestion): Promise<FoundTold>;
  /** @throws WhosawError if columns are not open */
  reindex(): AsyncIterable<ReindexProgress>;
  /** Destroys the keys of days, and what columns hold of them. */
  expire(asked: ExpireAsked): Promise<readonly ExpiredLog[]>;
  /** @throws WhosawError if state or console log are not open */
  cases(): Promise<CaseDesk>;
  /** @throws WhosawError if the console log is not open: nothing is answered then */
  consoleLog(): Pick<Ledger, "append">;
}

export interface Watched {
  health(): HealthTold;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Health and metrics: all that the port answers. */
export function watchRoutes(app: FastifyInstance, watched: Watched): void {
  app.get("/health", (_request, reply) => {
    const health = watched.health();
    return reply.code(health.status === "green" ? 200 : 503).send(health);
  });
  app.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await watched.metrics();
    return reply.type(contentType).send(text);
  });
}

export function deskRoutes(app: FastifyInstance, desk: Desk): void {
  app.post("/v1/lease", (request, reply) => reply.send(desk.grant(checked(gatewayReport, request.body))));
  app.post("/v1/reload", async (_request, reply) => reply.send(await desk.reload()));
  app.post("/v1/reindex", (_request, reply) => sendLines(reply, stepLines(desk.reindex())));
  app.post("/v1/expire", async (request, reply) => {
    const asked = checked(expireAsked, request.body);
    return reply.send(await desk.expire({ ...asked, by: throughSocket(asked.by) }));
  });
  app.post("/v1/look", async (request, reply) => {
    const look = checked(lookMade, request.body);
    await desk.consoleLog().append({ kind: "look", ...look, by: throughSocket(look.by) });
    return reply.send({});
  });
  app.post("/v1/who-saw", async (request, reply) => {
    const question = checked(whoSawQuestion, request.body);
    return stream(reply, desk, question.by, await desk.whoSaw(question));
  });
  app.post("/v1/seen-by", async (request, reply) => {
    const question = checked(seenByQuestion, request.body);
    return stream(reply, desk, question.by, await desk.seenBy(question));
  });
  app.post("/v1/scope", async (request, reply) => {
    const question = checked(scopeAsked, request.body);
    return stream(reply, desk, question.by, await desk.scope(question));
  });
  app.post("/v1/found", { bodyLimit: LIMITS.foundBodyBytesMax }, async (request, reply) => {
    const { by, ...question } = checked(foundQuestion, request.body);
    const log = desk.consoleLog();
    // Many customers are counted at once, and counting takes as long as it takes.
    reply.raw.socket?.setTimeout(0);
    const answer = await desk.found({ by, ...question });
    for (const look of foundLooks(question, answer)) await log.append({ kind: "look", by: throughSocket(by), ...look });
    return reply.send(answer);
  });
  for (const name of Object.keys(CASE_QUESTIONS) as CaseQuestionName[]) caseRoute(app, desk, name);
}

/** Cases and reports: the question's own shape is checked by whoever answers it. */
function caseRoute(app: FastifyInstance, desk: Desk, name: CaseQuestionName): void {
  app.post(`/v1/${name}`, { bodyLimit: LIMITS.reportsBodyBytesMax }, async (request, reply) => {
    const { by, ask } = checked(namedAsker, request.body);
    const steps = askDesk(await desk.cases(), name, ask, throughSocket(by));
    return sendLines(reply, stepLines(steps));
  });
}

/** The asker's claim, and that it came from somebody who could open the socket. */
function throughSocket(by: string): string {
  return `${by} at the control socket`;
}

function stream(reply: FastifyReply, desk: Desk, by: string, answering: Answering): FastifyReply {
  const log = desk.consoleLog();
  return sendLines(reply, lines(log, throughSocket(by), answering));
}

/** A log takes minutes to read and a pager an hour, so silence is no reason to hang up once a question has been asked. */
function sendLines(reply: FastifyReply, answer: AsyncIterable<string>): FastifyReply {
  reply.raw.socket?.setTimeout(0);
  return reply.type("application/x-ndjson").send(Readable.from(answer));
}

const lineOf = (value: AnswerLine): string => `${JSON.stringify(value)}\n`;

function lastLine(error: unknown): string {
  const known = error instanceof WhosawError;
  return lineOf({ error: told(known ? error : new WhosawError("INTERNAL", "The control plane ran into a bug.")) });
}

/** Whatever of it is to be put on record, who takes the steps has put there. */
async function* stepLines(steps: AsyncIterable<unknown>): AsyncGenerator<string, void, undefined> {
  try {
    for await (const step of steps) yield lineOf({ items: [step] });
    yield lineOf({ end: { target: "", opaque: 0, expired: 0 } });
  } catch (error) {
    yield lastLine(error);
  }
}

/** An answer that breaks off says why on its last line. */
async function* lines(
  log: Pick<Ledger, "append">,
  by: string,
  { command, target, items, tally, summary }: Answering,
): AsyncGenerator<string, void, undefined> {
  try {
    for await (const batch of recorded(log, { by, command, target }, items)) yield lineOf({ items: batch });
    yield lineOf({ end: { target, ...tally, ...(summary !== undefined && { summary: summary() }) } });
  } catch (error) {
    yield lastLine(error);
  }
}
