/**
 * The text of each member of a JSON object, of several with one name the last. For what parsing loses: numbers that
 * JavaScript has no exact form for.
 * @param object must have been parsed already: nothing is checked here.
 */
export function memberTexts(object: string): Map<string, string> {
  const texts = new Map<string, string>();
  const marks = /["{}[\],:]/g;
  let depth = 0;
  let name: string | undefined;
  let start = 0;
  for (let mark = marks.exec(object); mark !== null; mark = marks.exec(object)) {
    const at = mark.index;
    const [sign] = mark;
    if (sign === '"') {
      marks.lastIndex = stringEnd(object, at);
      if (depth === 1) name ??= JSON.parse(object.slice(at, marks.lastIndex)) as string;
    } else if (sign === "{" || sign === "[") depth++;
    else if (depth > 1) {
      if (sign === "}" || sign === "]") depth--;
    } else if (sign === ":") start = at + 1;
    else if (name !== undefined) {
      texts.set(name, object.slice(start, at).trim());
      name = undefined;
    }
  }
  return texts;
}

/** Where a string ends that begins at a place. */
function stringEnd(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}
