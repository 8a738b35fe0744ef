/**
 * The control plane: grants leases, owns the console log, answers commands, reads the configuration again for everybody,
 * and says how everything is. What it cannot open it tries again; meanwhile it says so and goes on.
 */
import { isDeepStrictEqual } from "node:util";
import type { FastifyInstance } from "fastify";
import { columnsAnswers, ledgerAnswers } from "../asks/answers.ts";
import { systemClock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config, HttpConfig } from "../config/config.ts";
import { gatewayLogs } from "../config/gateways.ts";
import { policyHash } from "../config/policy-hash.ts";
import { CaseDesk } from "../cases/desk.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import type { FoundQuestion, FoundTold } from "../found/question.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { GatewayReport, LeaseGrant } from "../metrics/report.ts";
import type { ReindexProgress } from "../shipping/reindex.ts";
import { FollowedAggregates } from "./aggregates.ts";
import {
  type Answering,
  readableLogs,
  type AnswersOf,
  answerFound,
  answerScope,
  answerSeenBy,
  answerWhoSaw,
} from "./answers.ts";
import { createApp } from "./app.ts";
import { keepColumns, type ShippedColumns } from "./columns.ts";
import { keepConsoleLog } from "./console.ts";
import { expire, type ExpiredLog, expiring } from "./expiry.ts";
import { Gateways } from "./gateways.ts";
import { type HealthTold, healthOf } from "./health.ts";
import type { Kept } from "./kept.ts";
import { Metrics } from "./metrics.ts";
import type { ExpireAsked, ReloadTold, ScopeAsked, SeenByQuestion, WhoSawQuestion } from "./protocol.ts";
import { type Desk, deskRoutes, type Watched, watchRoutes } from "./routes.ts";
import { claimSocket, type ClaimedSocket } from "./socket.ts";
import { type KeptState, keepState } from "./state.ts";
import { strataNames } from "./strata-names.ts";
import { FollowedStrata } from "./strata.ts";

/** What goes to the operator's log. Never names, values or statement texts. */
export interface ControlLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export interface ControlOptions {
  readonly config: Config;
  /** Reads whosaw.yaml again. @throws ConfigError */
  readonly loadConfig: () => Promise<Config>;
  readonly log: ControlLog;
}

export interface RunningControl {
  /** `HOST:PORT` of health and metrics; undefined without listen.http. */
  readonly http: string | undefined;
  readonly gateways: Gateways;
  health(): HealthTold;
  /** Opens the stores; resolves when the console log has been tried. What does not open is tried again. */
  wake(): Promise<void>;
  /** As {@link Desk.reload}. */
  reload(): Promise<ReloadTold>;
  close(): Promise<void>;
}

/**
 * Starts the control plane. It answers when this resolves; stores may still be closed.
 * @throws WhosawError CONTROL_RUNNING, FILE_UNWRITABLE, PORT_IN_USE
 */
export async function startControl(options: ControlOptions): Promise<RunningControl> {
  const control = new Control(options);
  try {
    await control.start();
  } catch (error) {
    await control.close();
    throw error;
  }
  return control;
}

class Control implements RunningControl, Desk, Watched {
  readonly #options: ControlOptions;
  readonly gateways: Gateways;
  readonly #metrics = new Metrics();
  readonly #console: Kept<Ledger>;
  readonly #columns: Kept<ShippedColumns>;
  readonly #state: Kept<KeptState>;
  readonly #strata: FollowedStrata;
  readonly #aggregates: FollowedAggregates;
  /** Swapped as one by a reload. */
  #config: Config;
  #socket: ClaimedSocket | undefined;
  readonly #apps: FastifyInstance[] = [];
  #http: string | undefined;
  #closed: Promise<void> | undefined;
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#config = options.config;
    this.gateways = new Gateways(
      () => gatewayLogs(this.#config).map(({ origin }) => origin),
      () => performance.now(),
    );
    const config = (): Config => this.#config;
    const noting = (of: string) => (problem: WhosawError | undefined) => this.#noteProblem(of, problem);
    this.#console = keepConsoleLog(options.config, noting("console log"));
    this.#columns = keepColumns(config, noting("columns"));
    this.#state = keepState(config, {
      onProblem: noting("state"),
      onNote: (note) => options.log.warn({ store: "state", event: "state-behind" }, note),
    });
    const { log } = options;
    this.#strata = new FollowedStrata({
      config,
      columns: () => this.#columns.value?.columns,
      names: () => this.#state.value?.strata,
      onFilled: (kind, filled) => log.info({ event: "strata-read", kind, ...filled }, "strata read"),
      onProblem: (problem) => {
        if (problem === undefined) log.info({}, "strata are read again");
        else log.warn({ code: problem.code, err: problem }, problem.message);
      },
    });
    this.#aggregates = new FollowedAggregates({
      rules: () => this.#config.classification,
      windows: (columns) => readableLogs(this.#config, columns),
      columns: () => this.#columns.value,
      onMade: (kind, made) => log.info({ event: "aggregate-made", kind, ...made }, `aggregate ${made.how}`),
      onProblem: (problem) => {
        if (problem === undefined) log.info({}, "daily aggregates are made again");
        else log.warn({ code: problem.code, err: problem }, problem.message);
      },
    });
  }

  get http(): string | undefined {
    return this.#http;
  }

  async start(): Promise<void> {
    const { control, listen } = this.#options.config;
    this.#socket = await claimSocket(control);
    const desk = createApp();
    this.#apps.push(desk);
    deskRoutes(desk, this);
    watchRoutes(desk, this);
    await desk.ready();
    await this.#socket.listen(desk.server);
    if (listen.http !== undefined) this.#http = await this.#listenHttp(listen.http);
  }

  async wake(): Promise<void> {
    void this.#columns.start();
    void this.#state.start();
    this.#strata.follow();
    this.#aggregates.follow();
    await this.#console.start();
  }

  grant(report: GatewayReport): LeaseGrant {
    return this.gateways.grant(report);
  }

  whoSaw(question: WhoSawQuestion): Promise<Answering> {
    return answerWhoSaw(this.#config, question, this.#answersFor(question));
  }

  seenBy(question: SeenByQuestion): Promise<Answering> {
    return answerSeenBy(this.#config, question, this.#answersFor(question));
  }

  async scope(question: ScopeAsked): Promise<Answering> {
    const names = await strataNames(this.#state.value?.strata);
    const { actors, fromMs, toMs } = question;
    return answerScope(this.#config, { actors, fromMs, toMs, strataNames: names }, this.#answersFor(question));
  }

  found(question: FoundQuestion): Promise<FoundTold> {
    return answerFound(this.#config, this.#columns.get().columns, question);
  }

  /** Columns that are not open, or not wanted, are made up for by the ledger. */
  #answersFor({ fromLedger }: { readonly fromLedger?: boolean | undefined }): AnswersOf {
    const opened = fromLedger === true ? undefined : this.#columns.value;
    if (opened === undefined) return ledgerAnswers;
    const { log } = this.#options;
    return (logs) =>
      columnsAnswers(opened.columns, logs, (why) =>
        log.warn({ code: why.code, err: why }, "an answer was read from the ledger, which takes longer"),
      );
  }

  async *reindex(): AsyncGenerator<ReindexProgress, void, undefined> {
    try {
      yield* this.#columns.get().reindex();
    } finally {
      // None are left.
      this.#aggregates.follow();
    }
  }

  async expire({ by, beforeMs }: ExpireAsked): Promise<readonly ExpiredLog[]> {
    const expired = await expiring(this.#config, beforeMs, systemClock.nowMs());
    const { columns } = this.#columns.get();
    await expire(this.#config, expired, { beforeMs, by, log: this.consoleLog(), columns });
    this.#aggregates.follow();
    return expired;
  }

  async cases(): Promise<CaseDesk> {
    const config = this.#config;
    const [{ state }, log] = [this.#state.get(), this.consoleLog()];
    const { masterKey } = await loadKeys(config.ledger.keys);
    const opened = this.#columns.value?.columns;
    const columns = async () => opened && { columns: opened, done: () => Promise.resolve() };
    return new CaseDesk({ config, state, log, masterKey, clock: systemClock, columns });
  }

  consoleLog(): Pick<Ledger, "append"> {
    return this.#console.get();
  }

  health(): HealthTold {
    const kept = { "console log": this.#console, columns: this.#columns, state: this.#state };
    return healthOf({
      policy: policyOf(this.#config),
      origins: gatewayLogs(this.#config).map(({ origin }) => origin),
      gateways: this.gateways.list,
      stores: new Map([
        ["control socket", this.#socket?.problem()],
        ...Object.entries(kept).map(([of, { problem }]) => [of, problem] as const),
      ]),
      opening: Object.entries(kept).flatMap(([of, { opening }]) => (opening ? [of] : [])),
      strata: this.#strata.problem,
      aggregates: this.#aggregates.problem,
    });
  }

  async metrics(): Promise<{ contentType: string; text: string }> {
    const { list } = this.gateways;
    const shipping = this.#columns.value?.shipping ?? [];
    const text = await this.#metrics.text({
      gateways: list,
      health: this.health(),
      shipping,
      aggregated: this.#aggregates.reached,
    });
    return { contentType: this.#metrics.contentType, text };
  }

  /** One after the other. Whatever fails, what was in force before stays. */
  reload(): Promise<ReloadTold> {
    const reloading = this.#reloading.then(() => this.#reload());
    this.#reloading = reloading.catch(() => undefined);
    return reloading;
  }

  async #reload(): Promise<ReloadTold> {
    const { loadConfig, log } = this.#options;
    let config: Config;
    try {
      config = await loadConfig();
    } catch (error) {
      log.error({ event: "reload-failed", err: error }, "the reload failed; what was in force before stays");
      throw error;
    }
    const fixed = FIXED.filter((section) => !isDeepStrictEqual(config[section], this.#options.config[section]));
    // What is open stays what it is until the next start.
    this.#config = {
      ...config,
      ...Object.fromEntries(fixed.map((section) => [section, this.#options.config[section]])),
    };
    this.#state.value?.keepUp();
    this.#strata.follow();
    this.#aggregates.follow();
    const number = this.gateways.askReload(systemClock.nowMs());
    const asked = this.gateways.list.filter(({ leased }) => leased).map(({ report }) => report.origin);
    const taken = (origin: string): boolean => (this.gateways.of(origin)?.report.reload ?? 0) >= number;
    await this.gateways.until(() => asked.every(taken), LIMITS.gatewayReloadMs);
    const told: ReloadTold = {
      policy: policyOf(this.#config),
      fixed,
      gateways: this.gateways.list
        .filter(({ report }) => asked.includes(report.origin))
        .map(({ report: { origin, policy, reloadError } }) => ({
          origin,
          policy,
          error: taken(origin) ? reloadError : "CONTROL_UNREACHABLE",
        })),
    };
    log.info({ event: "reloaded", ...told }, "configuration reloaded");
    return told;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const app of this.#apps) {
      app.server.close();
      app.server.closeAllConnections();
      await app.close();
    }
    await Promise.all([this.#strata.close(), this.#aggregates.close()]);
    await Promise.all([this.#columns.close(), this.#state.close()]);
    await this.#console.close();
    await this.#socket?.release();
  }

  async #listenHttp({ host, port }: HttpConfig): Promise<string> {
    const app = createApp();
    this.#apps.push(app);
    watchRoutes(app, this);
    try {
      return new URL(await app.listen({ host, port })).host;
    } catch (cause) {
      throw new WhosawError("PORT_IN_USE", `The control plane cannot listen on port ${port} of ${host}.`, {
        hint: "Choose another port or address in listen.http.",
        cause,
      });
    }
  }

  #noteProblem(of: string, problem: WhosawError | undefined): void {
    const { log } = this.#options;
    if (problem === undefined) log.info({ store: of }, `the ${of} is open`);
    else log.error({ store: of, code: problem.code, err: problem }, `the ${of} cannot be used: ${problem.message}`);
  }
}

/** Sections that take effect when the control plane is started again. */
const FIXED = ["listen", "control", "ledger", "gateways", "state", "columns"] as const;

function policyOf(config: Config): string {
  return Buffer.from(policyHash(config)).toString("hex");
}
