import { FilterProblem } from "./filterError.js";

export type Token = { readonly position: number; readonly text: string } & (
  | { readonly kind: "name" | "symbol" | "end" }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
);

const spaces = /[ \t\r\n]*/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /-?\d+(?![A-Za-z0-9_.])/y;
/** A quote within a string is written twice. */
const string = /'((?:[^']|'')*)'/y;

/** Cuts a filter into its words; the last token is the end. Throws `FilterProblem`. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    return pattern.exec(text);
  };
  for (;;) {
    position += take(spaces)?.[0].length ?? 0;
    if (position === text.length) {
      tokens.push({ kind: "end", text: "the end", position });
      return tokens;
    }
    const token = read(take, position, text);
    tokens.push(token);
    position += token.text.length;
  }
}

function read(take: (pattern: RegExp) => RegExpExecArray | null, position: number, text: string): Token {
  const char = text.charAt(position);
  if (char === "(" || char === ")" || char === ",") return { kind: "symbol", text: char, position };
  const word = take(name)?.[0];
  if (word !== undefined) return { kind: "name", text: word, position };
  const digits = take(number)?.[0];
  if (digits !== undefined) {
    const value = Number(digits);
    if (!Number.isSafeInteger(value)) throw new FilterProblem(`Unrecognized number ${digits}`, position);
    return { kind: "number", text: digits, value, position };
  }
  const quoted = take(string);
  if (quoted !== null) {
    return { kind: "string", text: quoted[0], value: (quoted[1] ?? "").replaceAll("''", "'"), position };
  }
  if (char === "'") throw new FilterProblem("There is an unterminated string literal", text.length);
  throw new FilterProblem(`Syntax error: character '${char}' is not valid`, position);
}
