/** Edits of a text at positions, applied in one go, with a map back to the original. */
import { assert } from "../base/assert.ts";
import type { TextEdit } from "./plan.ts";

export interface Edited {
  readonly text: string;
  readonly edits: readonly TextEdit[];
  /** From a character position (1-based, counted in code points as PostgreSQL does) in the edited text to the original. */
  readonly originalPosition: (position: number) => number;
}

/** The UTF-16 index of a 1-based position in code points. */
function indexOfPosition(text: string, position: number): number {
  let index = 0;
  for (let n = 1; n < position && index < text.length; n++) index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  return index;
}

function positionOfIndex(text: string, index: number): number {
  let position = 1;
  for (let i = 0; i < index && i < text.length; i += (text.codePointAt(i) ?? 0) > 0xffff ? 2 : 1) position++;
  return position;
}

export class Splices {
  readonly #edits: TextEdit[] = [];

  insert(at: number, text: string): void {
    this.#edits.push({ at, remove: 0, insert: text });
  }

  replace(from: number, to: number, text: string): void {
    this.#edits.push({ at: from, remove: to - from, insert: text });
  }

  /** For taking back what a refused statement wanted. */
  get count(): number {
    return this.#edits.length;
  }
  truncate(count: number): void {
    this.#edits.length = count;
  }

  apply(original: string): Edited {
    if (this.#edits.length === 0) return { text: original, edits: [], originalPosition: (position) => position };
    // Array.prototype.sort is stable: edits at one place stay in the order in which they were asked for.
    const edits = this.#edits.slice().sort((a, b) => a.at - b.at || a.remove - b.remove);
    let text = "",
      done = 0;
    for (const edit of edits) {
      assert(edit.at >= done, "edits overlap");
      text += original.slice(done, edit.at) + edit.insert;
      done = edit.at + edit.remove;
    }
    text += original.slice(done);
    const edited = text;
    return { text, edits, originalPosition: (position) => mapBack(edits, original, edited, position) };
  }
}

function mapBack(edits: readonly TextEdit[], original: string, edited: string, position: number): number {
  const index = indexOfPosition(edited, position);
  let shift = 0;
  for (const edit of edits) {
    const start = edit.at + shift;
    if (index < start) break;
    if (index < start + edit.insert.length) return positionOfIndex(original, edit.at);
    shift += edit.insert.length - edit.remove;
  }
  return positionOfIndex(original, Math.min(index - shift, original.length));
}
