/** Ships a log to embedded columns, to be killed: `node ship-child.js ROOT LOG` prints a line before and after every INSERT. */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { openColumns } from "../../columns/open.ts";
import { shipOnce } from "../shipper.ts";
import { MASTER_KEY, RULES } from "./random-log.ts";

const [root, name] = process.argv.slice(2);
if (root === undefined || name === undefined) throw new Error("usage: ship-child ROOT LOG");
const columns = await openColumns({ kind: "embedded", dir: join(root, "columns") });
const insert = columns.insert.bind(columns);
columns.insert = async (table, rows) => {
  writeSync(1, `${table}\n`);
  await insert(table, rows);
  writeSync(1, `${table} done\n`);
};
const log = { dir: join(root, name), origin: `test.example/${name}`, masterKey: MASTER_KEY };
await shipOnce({ columns, logs: [log], rules: RULES });
await columns.close();
