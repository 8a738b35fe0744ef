/** A company whose days have passed, ready for case after case. */
import { Company } from "../../sim/company/company.ts";
import { Seen } from "../../sim/company/seen.ts";
import { joined, viewsOf } from "../../sim/company/views.ts";
import type { World } from "../../sim/company/worlds.ts";
import type { Views } from "../../src/trace/model.ts";
import { ViewIndex } from "../../src/trace/view-index.ts";

export class LivedCompany {
  readonly company: Company;
  readonly seen: Seen;
  readonly index: ViewIndex;
  readonly #customers = new Map<number, number>();

  constructor(options: World["company"], seed: number) {
    this.company = new Company({ ...options, seed });
    this.seen = new Seen(viewsOf(this.company), this.company.staff.length);
    this.index = this.#indexOf(this.seen.views);
  }

  /** As if these views had been recorded too. */
  indexWith(added: Views): ViewIndex {
    return this.#indexOf(joined([this.seen.views, added]));
  }

  /** How many customers a staff member was shown. */
  customersOf(staff: number): number {
    let customers = this.#customers.get(staff);
    if (customers === undefined)
      this.#customers.set(staff, (customers = Math.max(1, this.seen.subjectsOf(staff).size)));
    return customers;
  }

  #indexOf(views: Views): ViewIndex {
    const { company } = this;
    // By country alone: every further cut leaves fewer customers to compare with, and costs reports.
    const countries = [...new Set(company.strata.map(({ country }) => country))];
    const numbers = company.strata.map(({ country }) => countries.indexOf(country));
    const strata = (subject: number): number => numbers[company.strataOf(subject)] ?? 0;
    return new ViewIndex(company.staff, views, { count: company.options.customers, strata });
  }
}
