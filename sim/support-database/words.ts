/** What customers of a security company write about, and what they are answered. `{product}` is filled in. */
export interface Problem {
  readonly subject: string;
  readonly body: string;
  readonly answer: string;
}

export const PROBLEMS: readonly [Problem, ...Problem[]] = [
  {
    subject: "Licence not accepted",
    body: "{product} says that my licence is already in use on another computer, but I only have this one.",
    answer: "I have released the licence from the old installation. Please enter it again.",
  },
  {
    subject: "Charged twice",
    body: "There are two payments for {product} on my card statement this month.",
    answer: "The second payment was a renewal that you had switched off. It is refunded.",
  },
  {
    subject: "Computer slow since update",
    body: "Since the last update of {product} the computer takes ten minutes to start.",
    answer: "Please turn off the scan at start-up and tell me whether that helps.",
  },
  {
    subject: "Strange call about my account",
    body: "Somebody called, knew my ticket number and wanted to connect to my computer. Was that you?",
    answer: "No. We only call at an agreed time. Please hang up on such calls and tell us about them.",
  },
  {
    subject: "Cannot uninstall",
    body: "Removing {product} stops at 99 percent and the old version stays.",
    answer: "Please run the removal tool from our site, restart, and install again.",
  },
  {
    subject: "A website is blocked",
    body: "{product} blocks the website of my bank and says that it is dangerous.",
    answer: "That was a false alarm. The list is corrected; please update.",
  },
  {
    subject: "Change of e-mail address",
    body: "I have a new e-mail address and cannot sign in to my account any more.",
    answer: "I have sent a link to the new address. Please confirm it within a day.",
  },
  {
    subject: "Parental controls",
    body: "How do I allow one game for my daughter in {product} without switching everything off?",
    answer: "Open her profile, choose exceptions and add the game's program file.",
  },
  {
    subject: "Refund",
    body: "I bought {product} by mistake yesterday and would like my money back.",
    answer: "That is within thirty days, so it is refunded today.",
  },
  {
    subject: "Virus found, not removed",
    body: "{product} has found something in the downloads folder and says every hour that it cannot remove it.",
    answer: "Please start in safe mode and scan again; then it can be removed.",
  },
];

export const TEAMS = ["First line", "Licences and billing", "Technical", "Business", "Complaints"] as const;

export const PRODUCTS = [
  ["Home Guard", "2026.1"],
  ["Home Guard Plus", "2026.1"],
  ["Mobile Guard", "9.4"],
  ["Business Guard", "14.2"],
] as const;

/** The people who answer. Their names are those by which they sign in. */
export const STAFF = [
  "alice", "bruno", "chen", "dora", "emeka", "farah", "goran", "hana", "ines", "jonas", "kofi", "lucia", "mila",
] as const; // prettier-ignore
