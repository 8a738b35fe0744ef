import { resolve } from "node:path";
import { WhosawError } from "../../base/errors.ts";
import { type Command, type Invocation, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";

export const ledgerProveCommand: Command = {
  name: "ledger prove",
  summary: "Write the proof that one entry is in the ledger",
  description:
    "A C2SP tlog-proof with the sealed entry inside: whoever has the log's public key can check it with `whosaw-verify proof FILE --vkey KEY`, offline. " +
    "Exit codes: 0 written, 1 there is no such entry under the checkpoint, 2 wrong command line, 4 the ledger is damaged or cannot be read.",
  arguments: [{ name: "INDEX", description: "the entry's index, as who-saw and seen-by print it" }],
  options: [
    { flags: "--dir DIR", description: "a ledger directory (ledger.dir of whosaw.yaml unless given)" },
    { flags: "--out FILE", description: "where to write it; standard output unless given" },
  ],
  examples: ["whosaw ledger prove 4711 --out entry-4711.tlog-proof", "whosaw ledger prove 4711 --dir ./ledger"],
  async run(invocation) {
    const { writeFileSync } = await import("node:fs");
    const { makeProof } = await import("../../verify/proof.ts");
    const { folderInput } = await import("../../verify/inputs.ts");
    const { strictDecimal } = await import("../../verify/note.ts");
    const { context, output } = invocation;
    const text = requiredArgument(invocation, "INDEX");
    const index = strictDecimal(text);
    if (index === undefined) {
      throw new WhosawError("USAGE", "An index is a whole number from 0.", {
        hint: "who-saw and seen-by print it as `index`.",
      });
    }
    const given = invocation.option("dir");
    const dir = given === undefined ? await ownLedger(invocation) : folderInput(resolve(context.cwd, given));
    const proof = makeProof(dir, index);
    const out = invocation.option("out");
    if (out === undefined) {
      output.result({ index, proof }, () => proof);
      return EXIT.ok;
    }
    try {
      writeFileSync(resolve(context.cwd, out), proof);
    } catch (cause) {
      throw new WhosawError("FILE_UNWRITABLE", `${out} cannot be written.`, { cause, hint: "Choose another --out." });
    }
    output.result({ index, file: out }, () => `proof of entry ${index} written to ${out}`);
    return EXIT.ok;
  },
};

async function ownLedger(invocation: Invocation): Promise<string> {
  const config = await invocation.config();
  const { assertLedgerStarted } = await import("../../ledger/started.ts");
  await assertLedgerStarted(config.ledger);
  return config.ledger.dir;
}
