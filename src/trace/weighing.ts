/** One pass over the reports of a case: each weighed under every explanation, in order of contact. */
import { assertInput } from "./assert-input.ts";
import { Delay } from "./delay.ts";
import { drawsOf } from "./draws.ts";
import { Explanations } from "./explanations.ts";
import { ReportingCustomers } from "./guarded.ts";
import type { TraceInput, TraceOptions } from "./model.ts";
import { type OrderedReport, orderReports } from "./order.ts";
import { settingsOf } from "./settings.ts";
import { anyListed, Sources } from "./sources.ts";

export class Weighing {
  readonly settings: TraceOptions;
  readonly sources: Sources;
  readonly ordered: readonly OrderedReport[];
  readonly counted: readonly OrderedReport[];
  readonly explanations: Explanations;
  readonly reporting: ReportingCustomers;
  readonly #input: TraceInput;

  /** @throws WhosawError TRACE_INPUT when the input does not hold together */
  constructor(input: TraceInput) {
    assertInput(input);
    this.#input = input;
    this.settings = settingsOf(input.options);
    this.sources = new Sources(input.staff, anyListed(input.actorDayMass, input.viewsOfReported));
    this.ordered = orderReports(input.reports);
    this.counted = this.ordered.filter(({ weighed }) => weighed === "counted");
    this.explanations = new Explanations(input, this.sources);
    this.reporting = new ReportingCustomers(this.sources);
  }

  /** @param weighed after each report that counts, with its place among those given and how many were weighed by then */
  run(weighed: (report: number, count: number) => void = () => undefined): void {
    const delay = new Delay(this.settings);
    for (const draw of drawsOf(this.counted, this.#input, this.sources, this.settings, delay)) {
      this.explanations.weigh(draw);
      this.reporting.add(draw);
      weighed(draw.index, this.explanations.draws.length);
    }
  }
}
