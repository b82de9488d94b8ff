/** What would do something in a terminal instead of being seen: move the cursor, colour, clear, turn the text around. */
const unseen = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A text as one line of a terminal shows it: names and payloads come from anyone. */
export function printable(text: string): string {
  return text.replaceAll(unseen, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
