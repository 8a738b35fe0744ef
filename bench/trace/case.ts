/** One case in one world: the reports, what trace makes of them, and what came of it. */
import { Draws } from "../../sim/company/draws.ts";
import { theft } from "../../sim/company/theft.ts";
import { type World, worldOf } from "../../sim/company/worlds.ts";
import type { TraceInput } from "../../src/trace/model.ts";
import { pairsToCount } from "../../src/trace/pairs-to-count.ts";
import { trace } from "../../src/trace/trace.ts";
import { LivedCompany } from "./lived-company.ts";
import { type CaseName, type Outcome, outcomeOf } from "./outcome.ts";

/** Keeps the last company, since many worlds differ in their thefts alone. */
export class Cases {
  #key = "";
  #last: LivedCompany | undefined;

  run(name: CaseName): Outcome {
    const { lived, input, truth } = this.inputOf(name);
    const result = trace(input);
    const customersOf = (staff: number): number => lived.customersOf(staff);
    const { customers } = lived.company.options;
    return outcomeOf(name, { input, result, truth, customersOf, customers });
  }

  /** What trace is given for a case. */
  inputOf(name: CaseName): Pick<ReturnType<typeof theft>, "truth"> & {
    readonly lived: LivedCompany;
    readonly input: TraceInput;
  } {
    const world = worldOf(name.world, name.heldOut);
    const lived = this.#livedIn(world, name.seed);
    const { company, seen } = lived;
    const draws = new Draws(name.seed, name.number, ...Array.from(world.name, (letter) => letter.codePointAt(0) ?? 0));
    const { reports, added, truth } = theft(company, seen, world.theft, draws);
    // At most one a report is somebody who takes the customer's call: later than the contact, and few of very many.
    const index = added.staff.length > reports.length ? lived.indexWith(added) : lived.index;
    const pairs = pairsToCount(index.inputOf(reports));
    return { lived, truth, input: index.inputOf(reports, {}, pairs) };
  }

  #livedIn({ company }: World, seed: number): LivedCompany {
    const key = JSON.stringify([company, seed]);
    if (this.#last === undefined || this.#key !== key) {
      this.#last = undefined;
      this.#last = new LivedCompany(company, seed);
      this.#key = key;
    }
    return this.#last;
  }
}
