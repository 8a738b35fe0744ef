/** The worlds of the simulated company, as help. */
import { WORLDS } from "../../sim/company/worlds.ts";

/** The help is as wide as a narrow terminal. */
const ABOUT_CHARACTERS = 74;

/** A name and a sentence for each. */
export function worldsHelp(): string {
  return `Worlds:\n${WORLDS.map(({ name, about }) => `  ${name}\n${indented(about)}`).join("\n")}`;
}

function indented(sentence: string): string {
  const lines = [""];
  for (const word of sentence.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length < ABOUT_CHARACTERS) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(` ${word}`);
  }
  return lines.map((line) => `     ${line}`).join("\n");
}
