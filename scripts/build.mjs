// `npm run build`: compiles what has changed, and makes the programs executable.
import { ensureBuilt } from "./ready.mjs";

ensureBuilt();
