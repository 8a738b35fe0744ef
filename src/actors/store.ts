/** The register as a running gateway sees it: always in memory, followed as the file changes. */
import { stat } from "node:fs/promises";
import { LIMITS } from "../base/limits.ts";
import type { ActorSnapshot } from "./actor.ts";
import { readRegister } from "./register.ts";

export interface ActorStoreOptions {
  /** How often the file is looked at; default LIMITS.actorRegisterPollMs. */
  readonly pollMs?: number;
  /** The file changed and cannot be used; the last good register stays in force. Told once for each change. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Follows the actor register. Polling, not inotify, because registers also lie on network file systems; a change is
 * seen within LIMITS.actorRegisterPollMs, so that a disabled actor is out within a second. Nobody can sign in without the file.
 */
export class ActorStore {
  readonly #file: string;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<(snapshot: ActorSnapshot) => void>();
  #snapshot: ActorSnapshot;
  #version: string;
  #loading: Promise<void> = Promise.resolve();
  #looking = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(file: string, snapshot: ActorSnapshot, version: string, options: ActorStoreOptions) {
    this.#file = file;
    this.#snapshot = snapshot;
    this.#version = version;
    this.#onError = options.onError ?? (() => undefined);
    this.#timer = setInterval(() => void this.#follow(), options.pollMs ?? LIMITS.actorRegisterPollMs);
    this.#timer.unref();
  }

  /**
   * Reads the register and begins to follow it; a missing file is an empty register.
   * @throws WhosawError ACTORS_INVALID, FILE_UNREADABLE
   */
  static async open(file: string, options: ActorStoreOptions = {}): Promise<ActorStore> {
    // The version is taken first: a change in between is then seen as a change, not missed.
    const version = await fileVersion(file);
    return new ActorStore(file, await readRegister(file), version, options);
  }

  current(): ActorSnapshot {
    return this.#snapshot;
  }

  /** Calls back after each change, with the new register. @returns how to stop that */
  onChange(listener: (snapshot: ActorSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Reads the register now (SIGHUP). On return `current()` is at least as new as the file was at the call.
   * @throws WhosawError ACTORS_INVALID, FILE_UNREADABLE; the last good register stays in force
   */
  reload(): Promise<void> {
    const loading = this.#loading.then(() => this.#load());
    // One after the other, so that an older state never replaces a newer one; a failure is the caller's to hear.
    this.#loading = loading.catch(() => undefined);
    return loading;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  async #load(): Promise<void> {
    this.#version = await fileVersion(this.#file);
    const snapshot = await readRegister(this.#file);
    if (this.#timer === undefined) return;
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener(snapshot);
  }

  /** One look at a time, however slow the file system. */
  async #follow(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      if ((await fileVersion(this.#file)) !== this.#version) await this.reload();
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#looking = false;
    }
  }
}

/** Changes with every replacement of the file. */
async function fileVersion(file: string): Promise<string> {
  try {
    const { ino, mtimeNs, size } = await stat(file, { bigint: true });
    return `${ino} ${mtimeNs} ${size}`;
  } catch {
    return "none";
  }
}
