import { type Command, EXIT } from "../command.ts";

export const ledgerReindexCommand: Command = {
  name: "ledger reindex",
  summary: "Build columns anew from the ledgers",
  description:
    "New tables are filled beside those in use and take their place when they are whole; until then, and if it is stopped, the old ones answer. " +
    "Needed after whosaw.yaml gives other classes to fields, after an old copy of a ledger or of columns was put back, and for nothing else. " +
    'With --json: a line {"event":"progress",log,next,size} now and then, and at the end {"event":"reindexed",logs:[{log,entries}]}. ' +
    "Exit codes: 0 done, 3 configuration, 4 the ledger or its keys cannot be read, columns cannot be reached or are open in another process.",
  examples: ["whosaw ledger reindex", "whosaw ledger reindex --json"],
  async run(invocation) {
    const config = await invocation.config();
    const { assertLedgerStarted } = await import("../../control/ledger-started.ts");
    const { loadKeys } = await import("../../ledger/keys-file.ts");
    const { openColumns } = await import("../../columns/open.ts");
    const { startedSources } = await import("../../shipping/logs.ts");
    const { reindex } = await import("../../shipping/reindex.ts");
    await assertLedgerStarted(config);
    const { masterKey } = await loadKeys(config.ledger.keys);
    const columns = await openColumns(config.columns);
    const { output } = invocation;
    const entries = new Map<string, number>();
    let saidMs = 0;
    try {
      await reindex({
        place: config.columns,
        columns,
        logs: await startedSources(config, masterKey),
        rules: config.classification,
        onState: ({ origin: log, next, size }) => {
          entries.set(log, next);
          if (Date.now() - saidMs < PROGRESS_MS) return;
          saidMs = Date.now();
          if (output.json) output.jsonLine({ event: "progress", log, next, size });
          else output.note(`${log}: ${next.toLocaleString("en")} of ${size.toLocaleString("en")} entries`);
        },
      });
    } finally {
      await columns.close();
    }
    const logs = [...entries].map(([log, count]) => ({ log, entries: count }));
    output.result({ event: "reindexed", logs }, () =>
      logs.map(({ log, entries: count }) => `${log}: ${count.toLocaleString("en")} entries are in columns`).join("\n"),
    );
    return EXIT.ok;
  },
};

/** Between two lines of progress. */
const PROGRESS_MS = 1_000;
