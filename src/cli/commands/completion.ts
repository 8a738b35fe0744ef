import { type Command, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";

export const completionCommand: Command = {
  name: "completion",
  summary: "Print a completion script for a shell",
  arguments: [{ name: "SHELL", description: "bash, zsh or fish", choices: ["bash", "zsh", "fish"] }],
  examples: [
    "whosaw completion bash > ~/.local/share/bash-completion/completions/whosaw",
    "whosaw completion fish > ~/.config/fish/completions/whosaw.fish",
  ],
  async run(invocation) {
    const { completionScript, isShell } = await import("../completion.ts");
    const shell = requiredArgument(invocation, "SHELL");
    if (!isShell(shell)) throw new Error("the parser let a wrong choice through");
    const script = completionScript(shell);
    invocation.output.result({ shell, script }, () => script);
    return EXIT.ok;
  },
};
