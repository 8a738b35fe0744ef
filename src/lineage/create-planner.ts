/** The planner: from a SQL text to its plan. */
import { createHash } from "node:crypto";
import type { Node, RawStmt } from "libpg-query";
import { WhosawError } from "../base/errors.ts";
import type { Planned } from "./accounting.ts";
import { copyEffects } from "./copy.ts";
import { unwrap, type UtilityKind } from "./nodes.ts";
import { Parser } from "./parse.ts";
import type { SessionEffect, StatementPlan, TextPlan, Treatment } from "./plan.ts";
import type { PlanContext, Planner } from "./planner.ts";
import { refuse, standsInObserve } from "./refusal.ts";
import { planSelect } from "./select.ts";
import { Source } from "./source.ts";
import { Splices } from "./splice.ts";
import { freshNames, type StatementContext } from "./statement.ts";
import { tablesRead } from "./tables.ts";
import { tokenize, withoutLiterals } from "./tokens.ts";
import { UTILITY } from "./utility.ts";
import { planDelete, planInsert, planMerge, planUpdate } from "./write.ts";

/** Loads PostgreSQL's parser (WebAssembly) and returns a planner. */
export async function createPlanner(): Promise<Planner> {
  const parser = await Parser.create();
  return { plan: (text, context, protocol) => planText(parser, text, context, protocol) };
}

function planText(parser: Parser, text: string, context: PlanContext, protocol: "simple" | "extended"): TextPlan {
  let source: Source | undefined;
  try {
    source = new Source(tokenize(text));
    const statements = parser.parse(text);
    if (protocol === "extended" && statements.length > 1)
      throw new WhosawError("STATEMENT_UNREADABLE", "cannot insert multiple commands into a prepared statement");
    return new TextPlanner(text, source, context).plan(statements);
  } catch (error) {
    return unreadable(text, source, context, coded(error));
  }
}

/** Nothing can be said about the text: refused; in observe it passes as opaque, for the server to judge. */
function unreadable(text: string, source: Source | undefined, context: PlanContext, reason: WhosawError): TextPlan {
  const normalizedText = source ? withoutLiterals(source.tokens, 0, source.tokens.kinds.length) : "";
  const treatment: Treatment =
    context.mode === "observe" ? { kind: "opaque", tables: [], reason } : { kind: "refuse", reason };
  const statement: StatementPlan = {
    treatment,
    effects: [],
    normalizedText,
    fingerprint: fingerprintOf(normalizedText),
  };
  const refused = treatment.kind === "refuse";
  return {
    text,
    statements: [statement],
    refusal: refused ? reason : undefined,
    originalPosition: (position) => position,
  };
}

/** Whatever went wrong while planning refuses the statement: fail closed. */
function coded(error: unknown): WhosawError {
  if (error instanceof WhosawError) return error;
  return new WhosawError("REFUSED", "the gateway could not work out which rows this statement shows", {
    hint: "write it in a simpler form: one SELECT with joins, naming its columns",
    cause: error,
  });
}

function fingerprintOf(normalized: string): string {
  return createHash("sha256").update(normalized).digest("hex").slice(0, 16);
}

class TextPlanner {
  readonly #text: string;
  readonly #source: Source;
  readonly #context: PlanContext;
  readonly #splices = new Splices();
  readonly #freshName: () => string;
  readonly #temps: Set<string>;
  /** Names may mean something else from here on: DDL or a new search path earlier in the same text. */
  #unsettled = false;
  /** Text of the client, literals maybe among it, stands in the rewritten text twice. */
  #copies = false;

  constructor(text: string, source: Source, context: PlanContext) {
    this.#text = text;
    this.#source = source;
    this.#context = context;
    this.#freshName = freshNames(text);
    this.#temps = new Set(context.tempTables);
  }

  plan(statements: readonly RawStmt[]): TextPlan {
    const plans = statements.map((raw) => this.#statement(raw));
    const refused = plans.find((plan) => plan.treatment.kind === "refuse")?.treatment;
    const refusal = refused?.kind === "refuse" ? refused.reason : undefined;
    if (refusal) return { text: this.#text, statements: plans, refusal, originalPosition: (position) => position };
    const { text, edits, originalPosition } = this.#splices.apply(this.#text);
    return { text, ...(this.#copies ? {} : { edits }), originalPosition, statements: plans, refusal: undefined };
  }

  #statement(raw: RawStmt): StatementPlan {
    const source = this.#source;
    const from = source.firstToken(source.index(raw.stmt_location ?? 0));
    const endToken = raw.stmt_len
      ? source.firstToken(source.index((raw.stmt_location ?? 0) + raw.stmt_len))
      : this.#lastToken();
    const normalizedText = withoutLiterals(source.tokens, from, endToken);
    const planned = this.#judge(
      {
        source,
        splices: this.#splices,
        context: this.#context,
        temps: this.#temps,
        endToken,
        freshName: this.#freshName,
        copied: () => void (this.#copies = true),
      },
      raw.stmt,
    );
    for (const effect of planned.effects) this.#follow(effect);
    return { ...planned, normalizedText, fingerprint: fingerprintOf(normalizedText) };
  }

  /** The token after the last statement that has no semicolon. */
  #lastToken(): number {
    return this.#source.tokens.kinds.length;
  }

  #judge(statement: StatementContext, node: Node | undefined): Planned {
    const edits = this.#splices.count;
    try {
      if (!node) refuse("an empty statement", "write a statement");
      const planned = planStatement(statement, node);
      if (this.#unsettled && planned.treatment.kind === "account")
        refuse(
          "a statement on protected tables follows DDL or SET search_path in the same query",
          "send them as separate queries",
        );
      return planned;
    } catch (error) {
      this.#splices.truncate(edits);
      return this.#refused(statement, node, coded(error));
    }
  }

  #refused(statement: StatementContext, node: Node | undefined, reason: WhosawError): Planned {
    if (this.#context.mode === "enforce") return { treatment: { kind: "refuse", reason }, effects: [] };
    return opaque(statement, node, reason);
  }

  #follow(effect: SessionEffect): void {
    if (effect.kind === "create-temp") this.#temps.add(effect.name);
    else if (effect.kind === "ddl" || effect.kind === "search-path" || effect.kind === "discard-all")
      this.#unsettled = true;
  }
}

/** Observe: the statement passes as the client wrote it, except where it would blind the gateway itself. */
function opaque(statement: StatementContext, node: Node | undefined, reason: WhosawError): Planned {
  if (standsInObserve(reason)) return { treatment: { kind: "refuse", reason }, effects: [] };
  const effects = node && "CopyStmt" in node ? copyEffects(node.CopyStmt) : [];
  return { treatment: { kind: "opaque", tables: tablesRead(statement, node), reason }, effects };
}

function planStatement(statement: StatementContext, node: Node): Planned {
  if ("SelectStmt" in node) return planSelect(statement, node.SelectStmt);
  if ("InsertStmt" in node) return planInsert(statement, node.InsertStmt);
  if ("UpdateStmt" in node) return planUpdate(statement, node.UpdateStmt);
  if ("DeleteStmt" in node) return planDelete(statement, node.DeleteStmt);
  if ("MergeStmt" in node) return planMerge(statement, node.MergeStmt);
  const [kind, body] = unwrap(node);
  const handler = Object.hasOwn(UTILITY, kind) ? UTILITY[kind as UtilityKind] : undefined;
  if (!handler) refuse(`${kind} is a statement that the gateway does not know`, "write it another way");
  return handler(statement, body as never, planStatement);
}
