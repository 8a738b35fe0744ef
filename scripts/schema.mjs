// `npm run schema`: writes schema/whosaw.schema.json, for editors, and docs/configuration.md, for people, from the schema in the code.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, root } from "./ready.mjs";

ensureInstalled();
ensureBuilt();
const { configJsonSchema } = await import(join(root, "dist", "src", "config", "schema.js"));
const { configReference } = await import(join(root, "dist", "src", "config", "reference.js"));
mkdirSync(join(root, "schema"), { recursive: true });
writeFileSync(join(root, "schema", "whosaw.schema.json"), `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
writeFileSync(join(root, "docs", "configuration.md"), configReference());
