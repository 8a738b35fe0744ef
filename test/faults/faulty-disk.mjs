// Loaded with --import before the command line: the disk then does what the file named by WHOSAW_FAULTS says, for as long
// as it says so. Plain JavaScript, because it runs inside the compiled program.
//   {"fail":{"fdatasync":"EIO"}}   calls of that name fail with that code (fdatasync, writeSync, open)
//   {"hold":true}                  an fdatasync neither succeeds nor fails until the file says otherwise
import fs, { watch, readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const file = process.env.WHOSAW_FAULTS;
let faults = {};
let held = [];

function read() {
  try {
    faults = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return; // Half written; the watcher calls again.
  }
  if (!faults.hold) for (const goOn of held.splice(0)) goOn();
}

read();
watch(file, read).unref();

const failure = (name) => {
  const code = faults.fail?.[name];
  return code === undefined ? undefined : Object.assign(new Error(`${code}: injected, ${name}`), { code, syscall: name });
};

const { fdatasync, writeSync } = fs;
fs.fdatasync = (fd, callback) => {
  const error = failure("fdatasync");
  if (error !== undefined) setImmediate(callback, error);
  else if (faults.hold) held.push(() => fs.fdatasync(fd, callback));
  else fdatasync(fd, callback);
};
fs.writeSync = (...args) => {
  const error = args[1] instanceof Uint8Array && args.length === 5 ? failure("writeSync") : undefined;
  if (error !== undefined) throw error;
  return writeSync(...args);
};
syncBuiltinESMExports();
