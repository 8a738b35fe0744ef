import { WhosawError } from "../../base/errors.ts";
import type { Config } from "../../config/config.ts";
import type { Command, Invocation } from "../command.ts";
import { EXIT } from "../exit.ts";

const FORMATS = ["csv", "zendesk", "lightning-uri", "list-view"];
const KEYS = ["int", "uuid", "text"];

export const importCommand: Command = {
  name: "import",
  summary: "Disclosures from a helpdesk's access log: who was shown whom elsewhere, or before there was a gateway",
  description:
    "Reads a file twice: if a line cannot be understood it says which and imports nothing. Each disclosure has a grade: exact, page-level " +
    "(a page was opened; not known what of it was shown) or possible. who-saw, seen-by and scope show it, and only what is exact counts as shown. " +
    "A row that is in the ledger already is not added again, and so neither is a file; an import that was broken off goes on when it is repeated. " +
    "Actors are found in the register by name, id or by what --actors says; who is not there comes in disabled, under the file's name. docs/importing.md has the formats. " +
    "With --json: {import, already, continued, format, rows, added, known, grades: {exact, page-level, possible}, unnamed, ignored, actors, unknownActors, first, last}; " +
    "with --list an array of {import, at, by, format, file, rows, known, undone}, with --undo {import, undone}. " +
    "Exit codes: 0 imported, or there already, 1 no such import, 2 wrong command line, 3 configuration, 4 the file is wrong or cannot be read, or the ledger cannot be written.",
  arguments: [{ name: "FILE", description: "an access log; a file, for it is read twice", optional: true }],
  options: [
    { flags: "--format FORMAT", description: "what FILE is, where it does not show it itself", choices: FORMATS },
    { flags: "--dry-run", description: "only say what would be imported" },
    { flags: "--actors FILE", description: "CSV id,actor: ids in the access log, and names or ids in the register" },
    { flags: "--subjects FILE", description: "CSV id,subject: ids of tickets and records, and the subjects' keys" },
    { flags: "--kind KIND", description: "kind of subject where lines name none; default: the first in whosaw.yaml" },
    { flags: "--fields LIST", description: "classes or columns shown, between commas, where lines name none" },
    { flags: "--key TYPE", description: "type of the subjects' key; default: what each looks like", choices: KEYS },
    { flags: "--list", description: "say which imports there are" },
    { flags: "--undo NUMBER", description: "take an import back: its rows count no more, and leave columns" },
  ],
  examples: [
    "whosaw import access-2026-10.csv --dry-run",
    "whosaw import access-2026-10.csv",
    "whosaw import --undo 1",
  ],
  async run(invocation) {
    const config = await invocation.config();
    const [file, undo] = [invocation.argument("FILE"), invocation.option("undo")];
    const asked = [file !== undefined, undo !== undefined, invocation.flag("list")].filter(Boolean).length;
    if (asked !== 1)
      throw new WhosawError("USAGE", "Give a FILE, --list or --undo NUMBER, and one of them.", {
        hint: "`whosaw import --help` has examples.",
      });
    if (file !== undefined) await importOne(invocation, config, file);
    else if (undo !== undefined) await undoOne(invocation, config, undo);
    else await listAll(invocation, config);
    return EXIT.ok;
  },
};

async function importOne(invocation: Invocation, config: Config, file: string): Promise<void> {
  const { importHere } = await import("../import-file.ts");
  await importHere(invocation, config, file);
}

async function undoOne({ output }: Invocation, config: Config, text: string): Promise<void> {
  const { assertLedgerStarted } = await import("../../ledger/started.ts");
  const { loadKeys } = await import("../../ledger/keys-file.ts");
  const { undoImport } = await import("../../imports/undo.ts");
  const { asker } = await import("../answers.ts");
  if (!/^\d{1,15}$/u.test(text))
    throw new WhosawError("USAGE", "--undo takes the number of an import.", { hint: "See `whosaw import --list`." });
  await assertLedgerStarted(config.ledger);
  const number = Number(text);
  const undone = await undoImport(config, await loadKeys(config.ledger.keys), number, asker());
  output.result({ import: number, undone }, () =>
    undone ? `Import ${number} is undone: its rows count no more.` : `Import ${number} was undone before.`,
  );
}

async function listAll({ output }: Invocation, config: Config): Promise<void> {
  const { assertLedgerStarted } = await import("../../ledger/started.ts");
  const { loadKeys } = await import("../../ledger/keys-file.ts");
  const { listImports } = await import("../../imports/undo.ts");
  const { formatTable } = await import("../output.ts");
  await assertLedgerStarted(config.ledger);
  const imports = await listImports(config, await loadKeys(config.ledger.keys));
  const told = imports.map(({ number, timeMs, by, format, file, rows, known, undoneMs }) => ({
    import: number,
    at: new Date(timeMs).toISOString(),
    by: by ?? null,
    format: format ?? null,
    file: file ?? null,
    rows: rows ?? null,
    known: known ?? null,
    undone: undoneMs === undefined ? null : new Date(undoneMs).toISOString(),
  }));
  const titles = ["IMPORT", "AT", "BY", "FORMAT", "ROWS", "KNOWN", "STATE", "SHA-256"].map((title) => ({ title }));
  output.result(told, () => {
    if (told.length === 0) return "Nothing was imported.";
    const lines = told.map(({ import: number, at, by, format, file, rows, known, undone }) => [
      String(number),
      at,
      by ?? "(expired)",
      format ?? "-",
      String(rows ?? "-"),
      String(known ?? "-"),
      undone !== null ? "undone" : rows === null ? "broken off" : "whole",
      file?.slice(0, 16) ?? "-",
    ]);
    return formatTable(titles, lines);
  });
}
