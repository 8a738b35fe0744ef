// Plain JavaScript on Node's built-ins only: it has to run in a fresh clone, before anything is installed or compiled.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const root = dirname(import.meta.dirname);
const BUILT_STAMP = join(root, "dist", ".built");

/** Installs exactly what package-lock.json says, unless that is what is there. */
export function ensureInstalled() {
  checkNode();
  if (installed()) return;
  exclusively("install", () => {
    if (installed()) return; // Somebody else did while we waited.
    say("Installing dependencies (once; about 1 GB on disk)");
    if (!run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"])) process.exit(1);
  });
}

/** Compiles to dist/, unless no source has changed since the last time. @returns whether it could */
export function build() {
  if (built()) return true;
  return exclusively("build", () => {
    if (built()) return true;
    say("Compiling");
    const fingerprint = sources();
    const ok = run(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]);
    if (ok) makeProgramsExecutable();
    if (ok) writeFileSync(BUILT_STAMP, fingerprint);
    return ok;
  });
}

/** npm makes programs executable when it links them, and in a fresh clone there are none yet when it does. */
function makeProgramsExecutable() {
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const program of Object.values(bin)) chmodSync(join(root, program), 0o755);
}

/** The same, for those who cannot go on without. */
export function ensureBuilt() {
  if (!build()) process.exit(1);
}

/** Runs a program in the project's folder, its output going to our error output. @returns whether it succeeded */
function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) say(`${program} ${args[0]} failed${error ? `: ${error.message}` : ""}`);
  return status === 0;
}

export function say(text) {
  process.stderr.write(`${text}\n`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(`Whosaw needs Node 20.19 or newer; this is ${process.versions.node}`);
  process.exit(1);
}

/**
 * npm notes in node_modules/.package-lock.json what it put there, after everything else is done. Comparing that with
 * the lockfile also recognises an installation made by hand, and so needs no network where there is nothing to do.
 */
function installed() {
  const present = readPackages(join(root, "node_modules", ".package-lock.json"));
  const wanted = readPackages(join(root, "package-lock.json"));
  if (present === undefined || wanted === undefined) return false;
  const paths = new Set([...Object.keys(wanted), ...Object.keys(present)]);
  paths.delete("");
  for (const path of paths) {
    const [here, there] = [present[path], wanted[path]];
    if (here === undefined && there?.optional === true) continue; // Meant for another platform.
    if (here?.version !== there?.version || here?.integrity !== there?.integrity) return false;
  }
  return true;
}

function readPackages(file) {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

function built() {
  return existsSync(BUILT_STAMP) && readFileSync(BUILT_STAMP, "utf8") === sources();
}

/** Changes when a file that the build reads comes, goes or changes. */
function sources() {
  const hash = createHash("sha256");
  const visit = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) for (const name of readdirSync(path).toSorted()) visit(join(path, name));
    else if (stat) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\0`);
  };
  for (const path of ["src", "sim", "bench", "package-lock.json", "tsconfig.json", "tsconfig.build.json"])
    visit(join(root, path));
  return hash.digest("hex");
}

/** One process at a time; the others wait. A lock whose holder is dead counts for nothing. */
function exclusively(name, work) {
  const lock = join(root, ".cache", `${name}.lock`);
  mkdirSync(dirname(lock), { recursive: true });
  for (let told = false; ;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!holderLives(lock)) rmSync(lock, { force: true });
    else if (!told) {
      say(`Waiting for another ${name} of this project`);
      told = true;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  const release = () => rmSync(lock, { force: true });
  process.once("exit", release);
  try {
    return work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

function holderLives(lock) {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    if (pid === 0) return true; // Its holder has not written its name yet.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
