import type { Config } from "../../config/config.ts";
import type { ControlClient } from "../../control/client.ts";
import type { ReindexProgress } from "../../shipping/reindex.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";

export const ledgerReindexCommand: Command = {
  name: "ledger reindex",
  summary: "Build columns anew from the ledgers",
  description:
    "New tables are filled beside those in use and take their place when they are whole; until then, and if it is stopped, the old ones answer. " +
    "A running control plane does it itself, and ships nothing meanwhile. Needed after whosaw.yaml gives other classes to fields, after an old copy of a ledger or of columns was put back, and for nothing else. " +
    'With --json: a line {"event":"progress",log,next,size} now and then, and at the end {"event":"reindexed",logs:[{log,entries}]}. ' +
    "Exit codes: 0 done, 3 configuration, 4 the ledger or its keys cannot be read, columns cannot be reached or are open in another process.",
  examples: ["whosaw ledger reindex", "whosaw ledger reindex --json"],
  async run(invocation) {
    const config = await invocation.config();
    const { ControlClient } = await import("../../control/client.ts");
    const { output } = invocation;
    const control = await ControlClient.find(config.control.socket);
    const steps = control === undefined ? reindexHere(config) : reindexThere(control);
    const entries = new Map<string, number>();
    let saidMs = 0;
    for await (const { log, next, size } of steps) {
      entries.set(log, next);
      if (Date.now() - saidMs < PROGRESS_MS) continue;
      saidMs = Date.now();
      if (output.json) output.jsonLine({ event: "progress", log, next, size });
      else output.note(`${log}: ${next.toLocaleString("en")} of ${size.toLocaleString("en")} entries`);
    }
    const logs = [...entries].map(([log, count]) => ({ log, entries: count }));
    output.result({ event: "reindexed", logs }, () =>
      logs.map(({ log, entries: count }) => `${log}: ${count.toLocaleString("en")} entries are in columns`).join("\n"),
    );
    return EXIT.ok;
  },
};

/** The control plane has columns open, and does it. */
async function* reindexThere(control: ControlClient): AsyncGenerator<ReindexProgress, void, undefined> {
  for await (const steps of control.stream("/v1/reindex", {}).batches) yield* steps as readonly ReindexProgress[];
}

async function* reindexHere(config: Config): AsyncGenerator<ReindexProgress, void, undefined> {
  const { assertLedgerStarted } = await import("../../ledger/started.ts");
  const { loadKeys } = await import("../../ledger/keys-file.ts");
  const { openColumns } = await import("../../columns/open.ts");
  const { startedSources } = await import("../../shipping/logs.ts");
  const { reindexing } = await import("../../shipping/reindex.ts");
  await assertLedgerStarted(config.ledger);
  const { masterKey } = await loadKeys(config.ledger.keys);
  const columns = await openColumns(config.columns);
  try {
    const logs = await startedSources(config, masterKey);
    yield* reindexing({ place: config.columns, columns, logs, rules: config.classification });
  } finally {
    await columns.close();
  }
}

/** Between two lines of progress. */
const PROGRESS_MS = 1_000;
