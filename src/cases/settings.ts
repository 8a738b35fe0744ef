/** What a case seals when it opens: everything that a trace weighs with, also what nobody has chosen. */
import { WhosawError } from "../base/errors.ts";
import type { TraceOptions } from "../trace/model.ts";
import type { SealedSettings } from "../state/cases.ts";

const DEFAULTS: TraceOptions = {
  alpha: 0.01,
  leadPosterior: 0.99,
  memoryDays: 150,
  delayMeanDays: 20,
  fieldError: 0.05,
};

/** @param chosen undefined stands for the usual @throws {WhosawError} USAGE for what is no chance, or no rate */
export function sealedSettings(chosen: { readonly [name in keyof TraceOptions]?: number | undefined }): SealedSettings {
  const given = Object.entries(chosen).filter((entry): entry is [string, number] => entry[1] !== undefined);
  const settings: TraceOptions = { ...DEFAULTS, ...Object.fromEntries(given) };
  const { alpha, leadPosterior, backgroundReportsPerDay: rate = 1 } = settings;
  if (alpha > 0 && alpha < 1 && leadPosterior > 0 && leadPosterior < 1 && rate > 0) return { ...settings };
  throw new WhosawError("USAGE", "The settings of a case are two chances and a rate.", {
    hint: "--alpha and --lead lie between 0 and 1, --background above 0.",
  });
}
