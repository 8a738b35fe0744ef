/**
 * Completion scripts, made from the list of commands. One word table serves all three shells: for each way into the
 * tree ("", "actor", "actor add") the words that may follow. Files are offered where a path stands.
 */
import type { Command } from "./command.ts";
import { optionName, optionsOf } from "./options.ts";
import { commands } from "./tree.ts";

type Shell = "bash" | "zsh" | "fish";

/** Whether there is a completion script for it. */
export function isShell(text: string): text is Shell {
  return Object.hasOwn(SCRIPTS, text);
}

/** A script for the shell to source; knows every command and option of tree.ts. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell](commands);
}

interface Word {
  readonly word: string;
  readonly description: string;
}

/** `""` to the first words, `actor` to its second words, `actor add` to its options and choices. */
export function wordTable(list: readonly Command[]): ReadonlyMap<string, readonly Word[]> {
  const table = new Map<string, Word[]>();
  const add = (path: string, word: Word): void => {
    const words = table.get(path) ?? [];
    if (!words.some((known) => known.word === word.word)) words.push(word);
    table.set(path, words);
  };
  for (const command of list) {
    const [first = "", second] = command.name.split(" ");
    add("", { word: first, description: second === undefined ? command.summary : `${first} ...` });
    if (second !== undefined) add(first, { word: second, description: command.summary });
    for (const argument of command.arguments ?? []) {
      for (const choice of argument.choices ?? [])
        add(command.name, { word: choice, description: argument.description });
    }
    for (const option of [...optionsOf(command), { flags: "--help", description: "show this help" }]) {
      add(command.name, { word: `--${optionName(option.flags)}`, description: option.description });
    }
  }
  return table;
}

/** Values that are paths, by the name that help gives them. */
const PATHS: ReadonlySet<string> = new Set(["FILE", "DIR", "OLD"]);

/** Options that take a value: after some of them a path stands, after the others what no shell can know. */
function valueOptions(list: readonly Command[]): { readonly paths: string[]; readonly others: string[] } {
  const flags = list.flatMap((command) => optionsOf(command)).map((option) => option.flags);
  const names = (wanted: boolean): string[] => {
    const those = flags.filter((text) => text.includes(" ") && PATHS.has(valueOf(text)) === wanted);
    return [...new Set(those.map((text) => `--${optionName(text)}`))];
  };
  const paths = names(true);
  return { paths, others: names(false).filter((name) => !paths.includes(name)) };
}

/** `--out FILE` to `FILE`. */
function valueOf(flags: string): string {
  return flags.split(" ")[1]?.replace(/[^A-Z]/gu, "") ?? "";
}

/** Commands whose first argument is a path. */
function pathCommands(list: readonly Command[]): string[] {
  return list.filter((command) => PATHS.has(command.arguments?.[0]?.name ?? "")).map((command) => command.name);
}

const SCRIPTS: Readonly<Record<Shell, (list: readonly Command[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The ways into the tree as the patterns of a shell's `case`; the longest match comes first. */
function caseLines(list: readonly Command[], line: (path: string, words: readonly Word[]) => string): string {
  return [...wordTable(list)]
    .sort(([a], [b]) => b.split(" ").length - a.split(" ").length || (a < b ? 1 : -1))
    .map(([path, words]) => line(path, words))
    .join("\n");
}

function bashScript(list: readonly Command[]): string {
  const { paths, others } = valueOptions(list);
  const lines = caseLines(
    list,
    (path, words) => `    "${path}${path === "" ? "" : " "}"*) words="${words.map(({ word }) => word).join(" ")}" ;;`,
  );
  return `# bash completion for whosaw
_whosaw() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" way="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || way+="$word "
  done
  case "$previous" in
    ${paths.join("|")}) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    ${others.join("|")}) COMPREPLY=(); return ;;
  esac
  case "$way" in
${lines}
  esac
  COMPREPLY=( $(compgen -W "$words" -- "$current") )
  case "$current:$way" in
    -*) ;;
${pathCommands(list)
  .map(
    (name) =>
      `    *:"${name} ") compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;`,
  )
  .join("\n")}
  esac
}
complete -F _whosaw whosaw
`;
}

function zshScript(list: readonly Command[]): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = caseLines(list, (path, words) => {
    const entries = words
      .map(({ word, description }) => quote(`${word.replaceAll(":", "\\:")}:${description}`))
      .join(" ");
    return `    ${path === "" ? "*" : `"${path} "*`}) entries=(${entries}) ;;`;
  });
  const { paths, others } = valueOptions(list);
  // Not `path`: zsh ties that name to $PATH.
  return `#compdef whosaw
_whosaw() {
  local way="" word; local -a entries
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] || way+="$word "
  done
  case "$words[CURRENT-1]" in
    ${paths.join("|")}) _files; return ;;
    ${others.join("|")}) return ;;
  esac
  case "$words[CURRENT]:$way" in
    -*) ;;
${pathCommands(list)
  .map((name) => `    *:"${name} ") _files; return ;;`)
  .join("\n")}
  esac
  case "$way" in
${lines}
  esac
  _describe whosaw entries
}
if [[ $funcstack[1] == _whosaw ]]; then _whosaw "$@"; else compdef _whosaw whosaw; fi
`;
}

function fishScript(list: readonly Command[]): string {
  const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const { paths, others } = valueOptions(list);
  const names = new Set(list.map((command) => command.name));
  const lines = [...wordTable(list)].flatMap(([path, words]) =>
    words.map(({ word, description }) => {
      const where = `${names.has(path) ? "__whosaw_within" : "__whosaw_at"} ${path}`.trim();
      const what = word.startsWith("--")
        ? `-l ${word.slice(2)}${paths.includes(word) ? " -r -F" : others.includes(word) ? " -x" : ""}`
        : `-a ${quote(word)}`;
      return `complete -c whosaw -n ${quote(where)} ${what} -d ${quote(description)}`;
    }),
  );
  const files = pathCommands(list).map((name) => `complete -c whosaw -n ${quote(`__whosaw_at ${name}`)} -F`);
  return `# fish completion for whosaw
function __whosaw_words
  string match -v -- '-*' (commandline -opc)[2..]
end
function __whosaw_at
  set -l words (__whosaw_words)
  test "$words" = "$argv"
end
function __whosaw_within
  set -l words (__whosaw_words)
  test (count $words) -ge (count $argv); and test "$words[1..(count $argv)]" = "$argv"
end
complete -c whosaw -f
${[...lines, ...files].join("\n")}
`;
}
