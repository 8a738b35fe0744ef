import { expect, test } from "vitest";
import { Draws } from "../company/draws.ts";
import { Seen } from "../company/seen.ts";
import { theft } from "../company/theft.ts";
import { viewsOf } from "../company/views.ts";
import { WORLDS } from "../company/worlds.ts";
import { simulate, THEFT_STREAM, toldOf } from "./simulate.ts";

const SMALL = { customers: 5_000, staff: 60, days: 80, seed: 5, lists: 0 };

test.each(WORLDS.filter(({ name }) => !name.startsWith("watch-") || name === "watch-slow-5"))(
  "$name: the case is what it is for whoever knows all views",
  (world) => {
    const simulation = simulate({ world, company: SMALL, theft: {} });
    const { company } = simulation;
    const all = new Seen(viewsOf(company), company.staff.length);
    const { reports, truth, added } = theft(company, all, world.theft, new Draws(SMALL.seed, THEFT_STREAM));
    expect(simulation.case).toMatchObject({ reports, truth, added });
    expect(JSON.parse(JSON.stringify(toldOf(world, simulation).truth))).toMatchObject({ kind: truth.kind });
  },
);
