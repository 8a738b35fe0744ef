/**
 * `${NAME}` in a value stands for an environment variable, so that no secret is in the file. `$${` is a plain `${`.
 * Within the user and password of a URL the value is percent-encoded: a password may hold any character.
 */
const REFERENCE = /\$\$\{|\$\{([^}]*)\}/gu;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/u;
const USER_INFO = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/iu;

export type Environment = Readonly<Record<string, string | undefined>>;

export type Interpolation = { readonly text: string } | { readonly problem: string };

/** @returns the text with every reference replaced, or what is wrong with the first bad one. */
export function interpolate(text: string, environment: Environment): Interpolation {
  const userInfoEnd = USER_INFO.exec(text)?.[0].length ?? 0;
  let problem: string | undefined;
  const replaced = text.replace(REFERENCE, (_reference, name: string | undefined, offset: number) => {
    if (name === undefined) return "${";
    const value = NAME.test(name) ? environment[name] : undefined;
    if (value === undefined) {
      problem ??= NAME.test(name)
        ? `needs the environment variable ${name}, which is not set. Set it and start again.`
        : "has ${...} without the name of an environment variable. Write ${NAME}, or $${ for a plain ${.";
      return "";
    }
    return offset < userInfoEnd ? encodeURIComponent(Buffer.from(value).toString()) : value;
  });
  return problem === undefined ? { text: replaced } : { problem };
}
