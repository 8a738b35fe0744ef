/** A command's way to a running control plane. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { type ErrorCode, ERROR_CODES, WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { assertTrustedPath } from "../base/trusted-path.ts";
import { isCode } from "../ledger/disk.ts";
import type { HealthTold } from "./health.ts";
import type { AnswerLine, AskTallyTold } from "./protocol.ts";

/** An answer as it comes: batches, then what is said of all of them. */
export interface ToldAnswer {
  readonly batches: AsyncIterable<readonly unknown[]>;
  /** @throws if asked before the last batch was taken */
  readonly end: () => AskTallyTold;
}

export class ControlClient {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /**
   * Whether a control plane listens. What a dead one has left behind counts for nothing.
   * @returns undefined if none does
   * @throws WhosawError CONTROL_UNREACHABLE if one may, but not for this user
   */
  static async find(socket: string): Promise<ControlClient | undefined> {
    const client = new ControlClient(socket);
    try {
      (await client.#ask("GET", "/health")).resume();
      return client;
    } catch (error) {
      const cause = error instanceof WhosawError ? error.cause : undefined;
      if (isCode(cause, "ENOENT") || isCode(cause, "ECONNREFUSED") || isCode(cause, "ENOTDIR")) return undefined;
      throw error;
    }
  }

  /** @throws WhosawError CONTROL_UNREACHABLE */
  async health(): Promise<HealthTold> {
    return JSON.parse(await textOf(await this.#ask("GET", "/health"))) as HealthTold;
  }

  /** A question with a short answer. @throws WhosawError as the control plane said, CONTROL_UNREACHABLE */
  async post(path: string, body: object): Promise<unknown> {
    return JSON.parse(await textOf(await this.#ask("POST", path, body)));
  }

  /** A question whose answer comes in batches. */
  stream(path: string, body: object): ToldAnswer {
    let end: AskTallyTold | undefined;
    const batches = async function* (asking: Promise<IncomingMessage>): AsyncGenerator<readonly unknown[], void> {
      for await (const text of linesOf(await asking)) {
        const line = JSON.parse(text) as AnswerLine;
        if ("error" in line) throw errorOf(line.error);
        if ("items" in line) yield line.items;
        else end = line.end;
      }
      if (end === undefined) throw brokenOff();
    };
    return {
      batches: { [Symbol.asyncIterator]: () => batches(this.#ask("POST", path, body)) },
      end: () => {
        if (end === undefined) throw brokenOff();
        return end;
      },
    };
  }

  async #ask(method: "GET" | "POST", path: string, body?: object): Promise<IncomingMessage> {
    await assertTrustedPath(this.#socket).catch((cause: unknown) => {
      throw cause instanceof WhosawError ? cause : unreachable(this.#socket, cause);
    });
    const text = body === undefined ? "" : JSON.stringify(body);
    const asking = request({
      socketPath: this.#socket,
      path,
      method,
      agent: false,
      headers: text === "" ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
    });
    asking.end(text);
    try {
      const [response] = (await once(asking, "response")) as [IncomingMessage];
      if ((response.statusCode ?? 500) < 400 || path === "/health") return response;
      const said = JSON.parse(await textOf(response)) as { error?: unknown };
      throw errorOf(said.error);
    } catch (cause) {
      if (cause instanceof WhosawError) throw cause;
      throw unreachable(this.#socket, cause);
    }
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const piece of response) {
    text += piece as string;
    if (text.length > LIMITS.controlLineCharsMax) throw brokenOff();
  }
  return text;
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string, void> {
  let rest = "";
  response.setEncoding("utf8");
  try {
    for await (const piece of response) {
      const lines = (rest + (piece as string)).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LIMITS.controlLineCharsMax) throw brokenOff();
      yield* lines;
    }
  } catch (cause) {
    throw cause instanceof WhosawError ? cause : brokenOff(cause);
  }
  if (rest !== "") throw brokenOff();
}

function errorOf(value: unknown): WhosawError {
  const { code, message, hint } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof code !== "string" || typeof message !== "string") return brokenOff();
  const known = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : "INTERNAL";
  return new WhosawError(known, message, typeof hint === "string" ? { hint } : {});
}

function brokenOff(cause?: unknown): WhosawError {
  return new WhosawError(
    "CONTROL_UNREACHABLE",
    "The control plane broke off its answer: what was printed is not all.",
    {
      hint: "Ask again; the control plane's log says what happened.",
      cause,
    },
  );
}

function unreachable(socket: string, cause: unknown): WhosawError {
  const hint = isCode(cause, "EACCES")
    ? "Run this as the user that runs the control plane."
    : "See that control.socket in whosaw.yaml is the control plane's own.";
  return new WhosawError("CONTROL_UNREACHABLE", `The control plane cannot be asked at ${socket}.`, { hint, cause });
}
