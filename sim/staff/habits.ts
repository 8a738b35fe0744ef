/** Who does what how often. */
import type { Random } from "../support-database/random.ts";
import type { Task } from "./place.ts";
import type { StaffMember } from "./roster.ts";
import { mishear, readMail, takeCall } from "./tasks/customer.ts";
import { listCampaign, lookIntoOutbox, sampleQuality } from "./tasks/oversight.ts";
import { takeNewTicket, workOwnQueue } from "./tasks/queue.ts";

/** Tasks, and how often each is done for every so many of the others. */
type Habit = readonly (readonly [Task, number])[];

const HABITS: Readonly<Record<StaffMember["job"], Habit>> = {
  agent: [
    [workOwnQueue, 8],
    [takeNewTicket, 2],
    [takeCall, 5],
    [readMail, 3],
    [mishear, 1],
  ],
  "second line": [
    [workOwnQueue, 14],
    [takeCall, 2],
    [mishear, 1],
    [lookIntoOutbox, 1],
  ],
  quality: [
    [sampleQuality, 9],
    [listCampaign, 1],
  ],
  campaigns: [
    [listCampaign, 3],
    [readMail, 2],
  ],
};

export function nextTask({ job }: StaffMember, random: Random): Task {
  const habit = HABITS[job];
  let left = random.next() * habit.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [task, weight] of habit) {
    left -= weight;
    if (left < 0) return task;
  }
  return habit[0]![0];
}
