/** What is measured of any store of disclosures, and the questions it is asked. */
import type { World } from "./world.ts";

export interface Asked {
  readonly milliseconds: number;
  /** Rows of the answer. */
  readonly rows: number;
}

/** One actor, from one moment on and before another. */
export interface ActorWindow {
  readonly actor: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Store {
  readonly name: string;
  readonly world: World;
  /** Starts the store anew, with nothing of its files in memory. */
  coldStart(): Promise<void>;
  whoSaw(subject: number): Promise<Asked>;
  seenBy(window: ActorWindow): Promise<Asked>;
  scope(window: ActorWindow): Promise<Asked>;
  /** On disk, indexes included, for each disclosure. */
  bytesPerDisclosure(): Promise<number>;
  close(): Promise<void>;
}
