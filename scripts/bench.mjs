// `npm run bench -- NAME [--json FILE]`: installs and compiles what has changed, then measures.
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, root } from "./ready.mjs";

ensureInstalled();
ensureBuilt();
await import(join(root, "dist", "bench", "main.js"));
