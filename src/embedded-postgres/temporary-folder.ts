/** Where the files of a running server may lie that go when it ends. */
import { accessSync, constants, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { WhosawError } from "../base/errors.ts";
import { reachableByOthers, type ServerUser } from "./binaries.ts";

/** As much of a folder's path as leaves room for a folder and a socket in it (sun_path). */
const PATH_BYTES_MAX = 60;

/**
 * TMPDIR, unless only its owner may look into it and the server will be another user, or its path is too long for a socket.
 * @throws {WhosawError} NOT_FOUND
 */
export function temporaryFolder(user: ServerUser | undefined): string {
  for (const folder of [realpathSync(tmpdir()), "/tmp", "/var/tmp"]) {
    try {
      accessSync(folder, constants.W_OK | constants.X_OK);
      const short = Buffer.byteLength(folder) <= PATH_BYTES_MAX;
      if (short && (user === undefined || reachableByOthers(folder))) return folder;
    } catch {
      // Not there, or not ours to write to: the next one.
    }
  }
  throw new WhosawError("NOT_FOUND", "there is no temporary folder that a database server could use", {
    hint: "set TMPDIR",
  });
}
