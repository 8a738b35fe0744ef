/** Forgets what the system holds of files in memory. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** For every file below `dir`; what is not written yet is written first. */
export async function forgetFiles(dir: string): Promise<void> {
  const forget =
    'sync; find "$1" -type f -exec sh -c \'for file; do dd if="$file" iflag=nocache count=0 status=none; done\' sh {} +';
  await promisify(execFile)("sh", ["-c", forget, "sh", dir]);
}
