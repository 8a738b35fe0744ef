// `npm run bench -- NAME [--json FILE]`: installs and compiles what has changed, then measures, as `whosaw bench` does.
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, root } from "./ready.mjs";

ensureInstalled();
ensureBuilt();
process.argv.splice(2, 0, "bench");
await import(join(root, "dist", "src", "cli", "main.js"));
