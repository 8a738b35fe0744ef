/** Expiry by the control plane if it runs, otherwise by this process. */
import type { Columns } from "../columns/columns.ts";
import { openColumns } from "../columns/open.ts";
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { ControlClient } from "../control/client.ts";
import { expire, type ExpiredLog } from "../control/expiry.ts";
import { asker, withOwnLog } from "./answers.ts";

/**
 * @returns why rows stay in columns for now, if they do
 * @throws WhosawError as `expire`
 */
export async function expireDays(
  config: Config,
  logs: readonly ExpiredLog[],
  beforeMs: number,
): Promise<WhosawError | undefined> {
  const control = await ControlClient.find(config.control.socket);
  if (control !== undefined) {
    await control.post("/v1/expire", { by: asker(), beforeMs });
    return undefined;
  }
  const columns = await opened(config);
  try {
    await withOwnLog(config, (log) =>
      expire(config, logs, {
        beforeMs,
        by: asker(),
        log,
        columns: columns instanceof WhosawError ? undefined : columns,
      }),
    );
    return columns instanceof WhosawError ? columns : undefined;
  } finally {
    if (!(columns instanceof WhosawError)) await columns.close();
  }
}

async function opened(config: Config): Promise<Columns | WhosawError> {
  try {
    return await openColumns(config.columns);
  } catch (error) {
    if (error instanceof WhosawError) return error;
    throw error;
  }
}
