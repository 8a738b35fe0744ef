/** The encoding in which the client writes. */
import type { SessionEffect } from "../lineage/plan.ts";

export class ClientEncoding {
  /** As the server last reported it. */
  name = "UTF8";
  /**
   * The client sets its encoding in the middle of the session. The server tells of it when it is ready only, and the end of
   * a transaction may take it back: from then on nothing but ASCII is read while an answer is under way.
   */
  moves = false;

  /** A statement with this effect is about to be sent. Many drivers set what is set already: that moves nothing. */
  sending(effect: SessionEffect): void {
    if (effect.kind !== "encoding") return;
    this.moves ||= effect.value === undefined || plain(effect.value) !== plain(this.name);
  }
}

/** As PostgreSQL compares names of encodings. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .replace("unicode", "utf8");
}
