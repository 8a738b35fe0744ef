/** Disclosures beside those of the company's days: planted, copied on purpose, or caused by the reports themselves. */
import { DAY_MS } from "../../src/base/clock.ts";
import type { Views } from "../../src/trace/model.ts";
import type { Diary } from "./diary.ts";
import type { Recording } from "./recording.ts";
import type { Source } from "./support-work.ts";

interface Addition {
  readonly staff: number;
  readonly at: number;
  readonly fields: number;
  /** Of an approved export: the value that marks this copy. */
  readonly mark?: number;
}

interface Row extends Addition {
  readonly subject: number;
}

export class Additions {
  readonly #recording: Recording;
  readonly #rows: Row[] = [];

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** One customer opened. @param addition whose and when it truly was */
  opened(addition: Addition, subject: number): void {
    this.#rows.push({ ...this.#recording.of(addition), subject });
  }

  /** As recorded, in the order of time. */
  views(): Views {
    const rows = this.#rows.toSorted((one, other) => one.at - other.at);
    const views = {
      staff: Uint32Array.from(rows, ({ staff }) => staff),
      subject: Float64Array.from(rows, ({ subject }) => subject),
      at: Float64Array.from(rows, ({ at }) => at),
      fields: Uint32Array.from(rows, ({ fields }) => fields),
      listed: new Uint8Array(rows.length),
    };
    const marked = rows.some(({ mark }) => mark !== undefined);
    return marked ? { ...views, mark: Int32Array.from(rows, ({ mark = -1 }) => mark) } : views;
  }
}

/** Views as recorded, as a part of a company's days: `company.days([new RecordedViews(theft.added)])`. */
export class RecordedViews implements Source {
  readonly #views: Views;
  readonly #places = new Map<number, number[]>();

  constructor(views: Views) {
    this.#views = views;
    for (let row = 0; row < views.at.length; row++) {
      const day = Math.floor(views.at[row]! / DAY_MS);
      const places = this.#places.get(day);
      if (places === undefined) this.#places.set(day, [row]);
      else places.push(row);
    }
  }

  fill(day: number, diary: Diary): void {
    const { staff, at, fields, listed, subject } = this.#views;
    for (const row of this.#places.get(day) ?? []) {
      const statement = {
        staff: staff[row]!,
        at: at[row]!,
        fields: fields[row]!,
        listed: listed[row] === 1,
        ticket: -1,
      };
      diary.recorded(statement);
      diary.row(subject[row]!);
    }
  }
}
