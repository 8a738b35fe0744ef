/** Runs the control plane, and a gateway beside it, until a signal ends both. */
import { pino } from "pino";
import { type ControlLog, type RunningControl, startControl } from "../control/control.ts";
import type { Config } from "../config/config.ts";
import type { GatewayReport } from "../metrics/report.ts";
import type { Invocation } from "./command.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { readyEvent, readyText } from "./ready.ts";
import { closeInTime, StopRequest } from "./stop.ts";
import { Supervisor } from "./supervise.ts";

/**
 * Runs until a signal.
 * @throws WhosawError for whatever keeps the control plane from starting; a gateway that does not start says why itself
 */
export async function serve(invocation: Invocation): Promise<ExitCode> {
  const config = await invocation.config();
  const { context, output } = invocation;
  const log: ControlLog = pino({ base: null }, context.stderr);
  const stop = new StopRequest(context.signals);
  const control = await startControl({ config, loadConfig: () => invocation.config(), log });
  const { gateways } = control;
  const supervisor = new Supervisor({ config, gateways, context, json: output.json, log });
  const hangUp = (): void => void control.reload().catch(() => undefined);
  context.signals.on("SIGHUP", hangUp);
  try {
    const gateway = invocation.flag("no-gateway") ? undefined : await start(supervisor, stop);
    if (gateway !== undefined && "exit" in gateway) return exitCode(gateway.exit);
    await control.wake();
    announce(invocation, config, control, gateway);
    const { signal } = await stop.requested;
    log.info({ reason: signal }, "stopping");
    return EXIT.ok;
  } finally {
    context.signals.off("SIGHUP", hangUp);
    stop.forget();
    await closeInTime(async () => {
      await supervisor.stop();
      await control.close();
    }, log);
  }
}

/** A signal while the gateway starts ends both. */
async function start(
  supervisor: Supervisor,
  stop: StopRequest,
): Promise<GatewayReport | { readonly exit: number | null }> {
  return Promise.race([supervisor.start(), stop.requested.then(() => ({ exit: EXIT.ok }))]);
}

function exitCode(code: number | null): ExitCode {
  return Object.values(EXIT).find((known) => known === code) ?? EXIT.internal;
}

function announce(
  { output }: Invocation,
  config: Config,
  { http }: RunningControl,
  gateway: GatewayReport | undefined,
): void {
  const control = config.control.socket;
  const common = { control, http: http ?? null };
  if (gateway === undefined) {
    const said = `The control plane runs, and grants leases at ${control}. Start gateways with \`whosaw gateway\`.`;
    output.result({ event: "ready", ...common }, () => withHttp(said, http));
    return;
  }
  output.result({ ...readyEvent(config, gateway), ...common }, () => withHttp(readyText(config, gateway), http));
}

function withHttp(text: string, http: string | undefined): string {
  return http === undefined ? text : `${text}\nHealth and metrics: http://${http}/health and /metrics`;
}
