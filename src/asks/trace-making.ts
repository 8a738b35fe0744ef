/** How the aggregates of a trace are made: the epochs and bins of src/trace over the columns of one subject kind. */
import { LIMITS } from "../base/limits.ts";
import type { Columns } from "../columns/columns.ts";
import type { EpochRules, Making } from "../columns/daily/cells.ts";
import { fieldBits } from "../columns/daily/field-bits.ts";
import { arrived } from "../columns/daily/positions.ts";
import { number32 } from "../columns/numbers.ts";
import type { LogWindow } from "../columns/queries/sightings.ts";
import type { RowRules } from "../shipping/batch-reader.ts";
import { FieldClasses } from "../shipping/field-classes.ts";
import { EPOCH_DAYS, EXPOSURE_BINS, MEMORY_DAYS } from "../trace/strata.ts";
import { bitsOfUse } from "./class-bits.ts";

const EPOCH_RULES: EpochRules = { epochDays: EPOCH_DAYS, memoryDays: MEMORY_DAYS, bins: EXPOSURE_BINS };

export interface MakingOptions {
  readonly kind: string;
  /** Which class a field is of. */
  readonly rules: RowRules;
  /** What of each log may still be read; a log without is read whole. */
  readonly logs?: readonly LogWindow[] | undefined;
  /** As {@link Making.pause}. */
  readonly pause?: () => Promise<void>;
}

/** Over what has arrived by now. @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED */
export async function makingOf(
  columns: Columns,
  { kind, rules, logs = [], pause = () => Promise.resolve() }: MakingOptions,
): Promise<Making> {
  const classes = new FieldClasses(rules);
  return {
    columns,
    rules: EPOCH_RULES,
    kind: number32(kind),
    // Positions first: forms of what has arrived by then are there.
    arrived: await arrived(columns),
    bits: await fieldBits(columns, (use) => bitsOfUse(use, classes)),
    readable: new Map(logs.map((window) => [window.log, window])),
    stretchRows: LIMITS.aggregatedRowsMax,
    pause,
  };
}
