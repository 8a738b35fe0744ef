/** What a case seals when it opens: everything that a trace weighs with, also what nobody has chosen. */
import { WhosawError } from "../base/errors.ts";
import type { SealedSettings } from "../state/cases.ts";
import type { TraceOptions } from "../trace/model.ts";
import { settingsOf } from "../trace/settings.ts";

const NAMES = [
  "alpha",
  "leadPosterior",
  "memoryDays",
  "delayMeanDays",
  "fieldError",
  "backgroundReportsPerDay",
] as const satisfies readonly (keyof TraceOptions)[];

/** @param chosen what is left out is as usual @throws {WhosawError} USAGE for what is no chance, no span and no rate */
export function sealedSettings(chosen: Readonly<Record<string, number | undefined>>): SealedSettings {
  try {
    const settings = settingsOf(traceOptions(chosen));
    return Object.fromEntries(NAMES.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]])));
  } catch (cause) {
    if (!(cause instanceof WhosawError)) throw cause;
    throw new WhosawError("USAGE", "The settings of a case are two chances and a rate.", {
      hint: "--alpha and --lead lie between 0 and 1, --background above 0.",
      cause,
    });
  }
}

/** Of settings sealed by another version, those that this one knows. */
export function traceOptions(settings: Readonly<Record<string, number | undefined>>): Partial<TraceOptions> {
  return Object.fromEntries(NAMES.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]])));
}
