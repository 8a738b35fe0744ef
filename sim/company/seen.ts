import type { Views } from "../../src/trace/model.ts";

/** Views in order of who saw them, so that a thief's are found without a search. */
export class Seen {
  readonly views: Views;
  /** Places of rows in `views`, one staff member's after the other's; each in the order of time if `views` are. */
  readonly #places: Uint32Array;
  readonly #starts: Uint32Array;

  /** @param staff how many there are */
  constructor(views: Views, staff: number) {
    this.views = views;
    const rows = views.staff.length;
    this.#starts = new Uint32Array(staff + 1);
    for (let row = 0; row < rows; row++) this.#starts[views.staff[row]! + 1]!++;
    for (let who = 0; who < staff; who++) this.#starts[who + 1]! += this.#starts[who]!;
    const next = this.#starts.slice();
    this.#places = new Uint32Array(rows);
    for (let row = 0; row < rows; row++) this.#places[next[views.staff[row]!]!++] = row;
  }

  /** Places of one staff member's rows in `views`. */
  by(staff: number): Uint32Array {
    return this.#places.subarray(this.#starts[staff], this.#starts[staff + 1]);
  }

  /** Whom one staff member was shown. */
  subjectsOf(staff: number): Set<number> {
    return new Set(Array.from(this.by(staff), (place) => this.views.subject[place]!));
  }
}
