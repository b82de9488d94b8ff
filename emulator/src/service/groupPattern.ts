/** Most `*` characters that one pattern may hold. */
const maxStars = 5;

type Token = { readonly kind: "char"; readonly char: string } | { readonly kind: "one" | "run" | "anyRun" };

/**
 * A pattern of group names: `?` is one character but `.`, `*` any run without `.`, `**` any run, `\` takes the
 * next character as it is. Matching costs pattern length times name length at worst, whatever the pattern.
 */
export class GroupPattern {
  readonly #tokens: readonly Token[];

  private constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Undefined when the text is no pattern: more than five `*`, nothing at all, or a `\` at its end. */
  static parse(text: string): GroupPattern | undefined {
    const chars = [...text];
    const tokens: Token[] = [];
    let stars = 0;
    for (let i = 0; i < chars.length; i++) {
      const char = chars[i] ?? "";
      if (char === "\\") {
        const escaped = chars[++i];
        if (escaped === undefined) return undefined;
        tokens.push({ kind: "char", char: escaped });
      } else if (char === "*") {
        const double = chars[i + 1] === "*";
        if (double) i++;
        stars += double ? 2 : 1;
        tokens.push({ kind: double ? "anyRun" : "run" });
      } else {
        tokens.push(char === "?" ? { kind: "one" } : { kind: "char", char });
      }
    }
    return tokens.length === 0 || stars > maxStars ? undefined : new GroupPattern(tokens);
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
