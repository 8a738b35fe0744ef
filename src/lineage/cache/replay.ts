/** Edits of one text, kept so that they can be made on another text of the same shape. */
import type { TextEdit, TextPlan } from "../plan.ts";
import { Splices } from "../splice.ts";
import type { Tokens } from "../tokens.ts";

/** A place in a text, relative to a token: the same place in every text of the shape. */
interface Anchor {
  readonly token: number;
  readonly fromEnd: boolean;
  readonly offset: number;
}

interface AnchoredEdit {
  readonly from: Anchor;
  readonly to: Anchor;
  readonly insert: string;
}

export type Template = readonly AnchoredEdit[];

/** The token that begins at or before the index, or -1. */
function tokenAt(tokens: Tokens, index: number): number {
  let low = 0;
  let high = tokens.starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens.starts[middle]! <= index) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function anchor(tokens: Tokens, masked: Uint8Array, index: number): Anchor | undefined {
  const token = tokenAt(tokens, index);
  if (token === -1) return undefined;
  const start = tokens.starts[token]!;
  const end = tokens.ends[token]!;
  if (index === start) return { token, fromEnd: false, offset: 0 };
  if (index === end) return { token, fromEnd: true, offset: 0 };
  return index < end && masked[token] === 0 ? { token, fromEnd: false, offset: index - start } : undefined;
}

/** @returns undefined when an edit touches a literal, or a place between tokens: then the plan is for its own text only */
export function templateOf(edits: readonly TextEdit[], tokens: Tokens, masked: Uint8Array): Template | undefined {
  const template: AnchoredEdit[] = [];
  for (const { at, remove, insert } of edits) {
    const from = anchor(tokens, masked, at);
    const to = remove === 0 ? from : anchor(tokens, masked, at + remove);
    if (from === undefined || to === undefined) return undefined;
    if (remove > 0) {
      const last = to.fromEnd || to.offset > 0 ? to.token : to.token - 1;
      for (let token = from.fromEnd ? from.token + 1 : from.token; token <= last; token++)
        if (masked[token] === 1) return undefined;
    }
    template.push({ from, to, insert });
  }
  return template;
}

function place(tokens: Tokens, { token, fromEnd, offset }: Anchor): number {
  return (fromEnd ? tokens.ends[token]! : tokens.starts[token]!) + offset;
}

/** The plan for another text of the same shape. */
export function replay(plan: TextPlan, template: Template, tokens: Tokens): TextPlan {
  const splices = new Splices();
  const edits = template.map(({ from, to, insert }) => {
    const at = place(tokens, from);
    const remove = place(tokens, to) - at;
    if (remove === 0) splices.insert(at, insert);
    else splices.replace(at, at + remove, insert);
    return { at, remove, insert };
  });
  const edited = splices.apply(tokens.text);
  return {
    text: edited.text,
    statements: plan.statements,
    refusal: plan.refusal,
    edits,
    originalPosition: (position) => edited.originalPosition(position),
  };
}
