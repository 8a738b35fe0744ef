/** Ids of Salesforce records: 15 characters in which case counts, or the same with three more in which it need not. */

const CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
const ID = /^[0-9A-Za-z]{15}(?:[0-9A-Z]{3})?$/u;

/** The long form; undefined for what is no id. */
export function longId(text: string): string | undefined {
  if (!ID.test(text)) return undefined;
  const short = text.slice(0, 15);
  const long = short + checkOf(short);
  return text.length === 15 || text === long ? long : undefined;
}

/** Each of the three says which of five characters are capitals. */
function checkOf(short: string): string {
  let check = "";
  for (let start = 0; start < short.length; start += 5) {
    let bits = 0;
    for (let i = 0; i < 5; i += 1) if (/[A-Z]/u.test(short[start + i] ?? "")) bits |= 1 << i;
    check += CHECK[bits] ?? "";
  }
  return check;
}
