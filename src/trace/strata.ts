/** How long a view is remembered, and into which bins of exposure subjects fall. */
import { DAY_MS } from "../base/clock.ts";

/** Strata stand still for so long: as long as one partition of columns. */
export const EPOCH_DAYS = 30;

/** A view is remembered for so long before a contact. */
export const MEMORY_DAYS = 150;

/** Lowest number of views in each bin. */
export const EXPOSURE_BINS = [0, 1, 2, 3, 4, 6, 9, 13, 19, 29, 46] as const;

/** @param day whole days since the epoch of UTC */
export function epochOf(day: number): number {
  return Math.floor(day / EPOCH_DAYS);
}

export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** @param views of a subject in the memory before an epoch */
export function exposureBin(views: number): number {
  let bin = EXPOSURE_BINS.length - 1;
  while (views < (EXPOSURE_BINS[bin] ?? 0)) bin--;
  return bin;
}
