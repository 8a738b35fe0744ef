/** Expiry: a day whose key is destroyed can never be read again, in backups of the log neither, and the log still verifies. */
import { join } from "node:path";
import { dayName, dayNumber, readableDays } from "./day-keys.ts";
import type { Disk } from "./disk.ts";
import { ledgerError, syncDirectoryOrFail } from "./durable-file.ts";

/**
 * Days of a log that end before a moment and can still be read, oldest first.
 * @param dir of the log; @param beforeMs epoch milliseconds
 * @returns day names, `2026-11-21`
 */
export async function readableDaysBefore(disk: Disk, dir: string, beforeMs: number): Promise<string[]> {
  return (await readableDays(disk, dir)).filter((day) => day < dayNumber(beforeMs)).map((day) => dayName(day));
}

/**
 * Destroys the keys of days. There is no way back but a backup of the `keys` folder and the master key. On return it
 * is on stable storage.
 * @param days as {@link readableDaysBefore} gives them
 * @throws {WhosawError} LEDGER_IO; keys of the days before the one that failed are gone
 */
export async function destroyDays(disk: Disk, dir: string, days: readonly string[]): Promise<void> {
  const directory = join(dir, "keys");
  try {
    for (const day of days) await disk.unlink(join(directory, day));
    if (days.length > 0) await syncDirectoryOrFail(disk, directory);
  } catch (cause) {
    throw ledgerError(cause, "destroying day keys");
  }
}
