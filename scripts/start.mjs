// `npm start`: installs and compiles what has changed, then runs the demo.
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, root } from "./ready.mjs";

ensureInstalled();
ensureBuilt();
await import(join(root, "dist", "sim", "demo.js"));
