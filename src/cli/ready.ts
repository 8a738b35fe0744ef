/** What stands on standard output once clients may come. */
import type { Config } from "../config/config.ts";
import type { GatewayReport } from "../metrics/report.ts";

type Listening = Pick<GatewayReport, "postgres" | "mode" | "vkey" | "witness">;

/** The line of JSON of a gateway that listens. */
export function readyEvent({ ledger }: Config, { postgres, mode, vkey, witness }: Listening): object {
  return { event: "ready", postgres, mode, ledger: ledger.dir, vkey, witness };
}

/** The same for people. */
export function readyText({ upstream, ledger }: Config, { postgres, mode, vkey, witness }: Listening): string {
  return [
    `The gateway listens on ${postgres}, before ${upstream.database} on ${upstream.host}:${upstream.port}, in mode ${mode}.`,
    `Ledger: ${ledger.dir}`,
    `Its public key, to keep elsewhere and verify with: ${vkey}`,
    `Its witness's public key: ${witness}`,
  ].join("\n");
}
