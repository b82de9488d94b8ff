/** Most characters of a payload that are looked at, and that are shown. */
const maxRead = 1_024;
const maxShown = 200;

const hidden = "(hidden)";
/** JSON Web Tokens, also ones that were cut off. */
const webToken = /\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g;
/** Values of names that promise a secret: in JSON, and in queries, headers and connection strings. */
const secretField =
  /("[^"]*(?:token|secret|password|authorization|access_?key|api_?key)[^"]*"\s*:\s*)("(?:[^"\\]|\\.)*"?|[\w.+-]+)/gi;
const secretPair =
  /\b([\w-]*(?:token|secret|password|access_?key|api_?key|signature)=|bearer\s+)[^\s&;,"']+/gi;

/** A text as it may be shown: short, on one line, without tokens and the like. */
export function presentable(text: string): string {
  const read = text
    .slice(0, maxRead)
    .replaceAll(secretField, `$1"${hidden}"`)
    .replaceAll(secretPair, `$1${hidden}`)
    .replaceAll(webToken, hidden)
    .replaceAll(/\s+/g, " ");
  return read.length > maxShown || text.length > maxRead ? `${read.slice(0, maxShown)}…` : read;
}
