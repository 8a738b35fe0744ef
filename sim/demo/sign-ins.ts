/** Who may sign in to the demo's gateway: the visitor, the simulated staff, and the application that some of them use. */
import { randomBytes } from "node:crypto";
import { addActor } from "../../src/actors/register.ts";
import { makeVerifier } from "../../src/wire/scram.ts";
import { ROSTER, roleOf, SERVICE_ACCOUNT, VISITOR } from "../staff/roster.ts";

/** User names and their passwords, which exist nowhere else. */
export type SignIns = ReadonlyMap<string, string>;

/** @param register the file, which need not be there yet */
export async function addSignIns(register: string): Promise<SignIns> {
  const signIns = new Map<string, string>();
  const add = async (name: string, role: string, service = false): Promise<void> => {
    const password = randomPassword();
    await addActor(register, { name, role, service, verifier: await makeVerifier(password) });
    signIns.set(name, password);
  };
  await add(VISITOR, "agent");
  await add(SERVICE_ACCOUNT, "application", true);
  for (const person of ROSTER.filter(({ tool }) => tool !== "helpdesk")) await add(person.name, roleOf(person));
  return signIns;
}

export function randomPassword(): string {
  return randomBytes(12).toString("base64url");
}
