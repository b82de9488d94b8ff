/** Most `*` characters that one pattern may hold. */
const maxStars = 5;

type Token = { readonly kind: "char"; readonly char: string } | { readonly kind: "one" | "run" | "anyRun" };

/** What stands between the words of a pattern can be escaped, and nothing else. */
const escapable = ["\\", "*", "?"];

/**
 * A pattern of group names: `?` is one character but `.`, `*` any run without `.`, `**` any run, `\` takes one of
 * `\ * ?` as it is. Matching costs pattern length times name length at worst, whatever the pattern.
 */
export class GroupPattern {
  readonly #tokens: readonly Token[];

  private constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The group that a pattern without wildcards stands for. */
  get literal(): string | undefined {
    let name = "";
    for (const token of this.#tokens) {
      if (token.kind !== "char") return undefined;
      name += token.char;
    }
    return name;
  }

  /** Whether every group is meant. */
  get isEverything(): boolean {
    return this.#tokens.length === 1 && this.#tokens[0]?.kind === "anyRun";
  }

  /** A string says why the text is no pattern. */
  static parse(text: string): GroupPattern | string {
    const chars = [...text];
    const tokens: Token[] = [];
    let stars = 0;
    for (let i = 0; i < chars.length; i++) {
      const char = chars[i] ?? "";
      if (char === "\\") {
        const escaped = chars[++i];
        if (escaped === undefined || !escapable.includes(escaped)) return "only \\ * ? can stand behind a \\";
        tokens.push({ kind: "char", char: escaped });
      } else if (char === "*") {
        let run = 1;
        while (chars[i + 1] === "*") {
          run++;
          i++;
        }
        stars += run;
        const double = run > 1;
        tokens.push({ kind: double ? "anyRun" : "run" });
      } else {
        tokens.push(char === "?" ? { kind: "one" } : { kind: "char", char });
      }
    }
    if (tokens.length === 0) return "it is empty";
    if (stars > maxStars) return `it has more than ${maxStars} *`;
    return new GroupPattern(tokens);
  }

  matches(name: string): boolean {
    const tokens = this.#tokens;
    // reached[t]: the characters read so far can be covered by the first t tokens.
    let reached = new Array<boolean>(tokens.length + 1).fill(false);
    reached[0] = true;
    skipRuns(tokens, reached);
    for (const char of name) {
      const next = new Array<boolean>(tokens.length + 1).fill(false);
      for (const [t, token] of tokens.entries()) {
        if (reached[t + 1] && isRun(token) && accepts(token, char)) next[t + 1] = true;
        if (reached[t] && !isRun(token) && accepts(token, char)) next[t + 1] = true;
      }
      skipRuns(tokens, next);
      reached = next;
    }
    return reached[tokens.length] === true;
  }
}

/** A run may be empty: what reaches it also reaches what follows. */
function skipRuns(tokens: readonly Token[], reached: boolean[]): void {
  for (const [t, token] of tokens.entries()) if (reached[t] && isRun(token)) reached[t + 1] = true;
}

function isRun(token: Token): boolean {
  return token.kind === "run" || token.kind === "anyRun";
}

function accepts(token: Token, char: string): boolean {
  switch (token.kind) {
    case "char":
      return token.char === char;
    case "one":
    case "run":
      return char !== ".";
    case "anyRun":
      return true;
  }
}
