// Loaded with --import before the command line: the disk then does what the file named by WHOSAW_FAULTS says, for as long
// as it says so. Plain JavaScript, because it runs inside the compiled program.
//   {"fail":{"fdatasync":"EIO"}}   calls of that name fail with that code: fdatasync, writeSync (with a position)
//   {"hold":true}                  an fdatasync neither succeeds nor fails until the file says otherwise
import fs, { readFileSync, watch } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname } from "node:path";

const file = process.env.WHOSAW_FAULTS;
const { fdatasync, writeSync } = fs;
const held = [];

/** Read at every call, so that a test that has written the file need not wait for anything. */
const faults = () => JSON.parse(readFileSync(file, "utf8"));

// Files are replaced by renaming: what is watched is their folder.
watch(dirname(file), (_, name) => {
  if (name !== basename(file) || faults().hold) return;
  for (const goOn of held.splice(0)) goOn();
}).unref();

function failure(name) {
  const code = faults().fail?.[name];
  return code === undefined
    ? undefined
    : Object.assign(new Error(`${code}: injected, ${name}`), { code, syscall: name });
}

fs.fdatasync = (fd, callback) => {
  const error = failure("fdatasync");
  if (error !== undefined) setImmediate(() => callback(error));
  else if (faults().hold) held.push(() => fs.fdatasync(fd, callback));
  else fdatasync(fd, callback);
};
fs.writeSync = (...args) => {
  const error = args[1] instanceof Uint8Array && args.length === 5 ? failure("writeSync") : undefined;
  if (error !== undefined) throw error;
  return writeSync(...args);
};
syncBuiltinESMExports();
