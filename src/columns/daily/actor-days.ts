/** How many views each actor had on each day, by fields and whether listed. */
import { DAY_MS } from "../../base/clock.ts";
import type { Making } from "./cells.ts";
import type { Aggregate } from "./kept.ts";
import { between, upTo } from "./positions.ts";

/** Days of an epoch itself. */
function ownDays(epoch: number, epochDays: number): readonly [number, number] {
  return [epoch * epochDays, (epoch + 1) * epochDays];
}

/** Fills a generation that is still empty. @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED */
export async function makeActorDays(making: Making, epoch: number, generation: number): Promise<void> {
  const { kind, rules, arrived, readable } = making;
  const [first, end] = ownDays(epoch, rules.epochDays);
  const views = `kind = ${kind} AND at >= ${first * DAY_MS} AND at < ${end * DAY_MS}${upTo(arrived, readable)}`;
  await insertActorDays(making, generation, 0, views);
}

/** What has arrived since of an epoch's days; undefined for nothing. */
export function newActorDays({ rules, arrived, readable }: Making, { epoch, reached }: Aggregate): string | undefined {
  return between(reached, arrived, readable, ownDays(epoch, rules.epochDays));
}

/** Adds what has arrived since, as a piece. */
export function addActorDays(making: Making, { generation }: Aggregate, newer: string, piece: number): Promise<void> {
  return insertActorDays(making, generation, piece, `kind = ${making.kind}${newer}`);
}

async function insertActorDays(making: Making, generation: number, piece: number, views: string): Promise<void> {
  await making.columns.command(
    `INSERT INTO actor_days SELECT toUInt32(${generation}), toUInt32(${piece}), actor, day, fields, listed, toUInt32(n) FROM (${actorDaysOf(views, making.bits)})`,
  );
}

/** Rows of actor, day, fields, listed, n. @param views a condition on disclosures */
export function actorDaysOf(views: string, bits: string): string {
  return `SELECT actor, toInt32(intDiv(at, ${DAY_MS})) AS day, ${bits} AS fields, listed, count() AS n FROM disclosures_by_actor WHERE ${views} GROUP BY actor, day, fields, listed`;
}
