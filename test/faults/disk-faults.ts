/** Disks that fail: injected into a gateway process, and a real one that is too small. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the disk does instead of its work; see faulty-disk.mjs. */
export interface DiskFault {
  readonly fail?: Readonly<Partial<Record<"fdatasync" | "writeSync", "ENOSPC" | "EIO" | "EROFS">>>;
  readonly hold?: boolean;
}

export class DiskFaults {
  readonly #dir = mkdtempSync(join(tmpdir(), "whosaw-disk-faults-"));
  /** For {@link Installation.serve}. */
  readonly file = join(this.#dir, "faults.json");

  constructor() {
    this.set({});
  }

  /** From the next call on. */
  set(fault: DiskFault): void {
    writeFileSync(`${this.file}.tmp`, JSON.stringify(fault));
    renameSync(`${this.file}.tmp`, this.file);
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** A file system in memory of a few megabytes, where this user may mount one. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @returns undefined where mounting is not allowed */
  static mount(megabytes = 2): SmallDisk | undefined {
    const path = mkdtempSync(join(tmpdir(), "whosaw-small-disk-"));
    if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0700`, "whosaw-test", path]).status === 0)
      return new SmallDisk(path);
    rmSync(path, { recursive: true });
    return undefined;
  }

  /** Takes every byte that is left. */
  fill(): void {
    let bytes = 1 << 20;
    for (let file = 0; bytes > 0; file++) {
      try {
        writeFileSync(join(this.path, `filler-${file}`), Buffer.alloc(bytes));
      } catch {
        bytes >>= 1;
      }
    }
  }

  /** Gives them back. */
  free(): void {
    spawnSync("sh", ["-c", 'rm -f "$1"/filler-*', "sh", this.path]);
  }

  /** Only while nobody has a file open for writing. */
  remount(how: "ro" | "rw"): void {
    const { status, stderr } = spawnSync("mount", ["-o", `remount,${how}`, this.path]);
    if (status !== 0) throw new Error(`cannot remount: ${stderr.toString("utf8")}`);
  }

  unmount(): void {
    spawnSync("umount", ["-l", this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}
