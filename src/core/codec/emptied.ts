/** Refuses what JSON would silently turn into an empty object, such as a Map, a Blob or an Error. */

/** Platform objects that keep their content where JSON doesn't look; fields that were added to them aren't all of it. */
const LOSING =
  /^(Error|DOMException|(Weak)?(Map|Set)|WeakRef|Promise|RegExp|Blob|File|FormData|Headers|URLSearchParams|ReadableStream|(Shared)?ArrayBuffer|DataView)$/;

/**
 * Checks the fields of a frame after they were written, so that the usual ones cost one look at the text. What has
 * fields of its own isn't empty in the text and is found at the top only: to look at every part of every payload would
 * make writing a frame up to an eighth slower.
 * @throws TypeError that names the part which JSON has emptied
 */
export function checkEmptied(json: string, fields: { readonly data?: unknown }): void {
  if (emptied(fields.data) !== undefined || json.includes("{}")) walk("", fields);
}

/** What a value is if JSON loses its content; undefined for all others. */
export function emptied(value: unknown): string | undefined {
  if (!isOpen(value)) return undefined;
  const name = Object.prototype.toString.call(value).slice(8, -1);
  if (/^(Object|Array|Number|Boolean)$/.test(name)) return undefined;
  // Something with a length is empty already.
  const isEmpty = Object.keys(value).length === 0 && (value as { length?: unknown }).length !== 0;
  return isEmpty || LOSING.test(name) ? name : undefined;
}

function walk(path: string, value: unknown): void {
  const name = emptied(value);
  if (name !== undefined)
    throw new TypeError(
      `${path} is ${/^[AEIO]/.test(name) ? "an" : "a"} ${name}, which JSON can't hold: send a plain object, an array, text or bytes.`,
    );
  if (isOpen(value))
    for (const [key, part] of Object.entries(value))
      walk(Array.isArray(value) ? `${path}[${key}]` : `${path && `${path}.`}${key}`, part);
}

/** An object that JSON writes by its fields. */
function isOpen(value: unknown): value is object {
  return Object(value) === value && typeof value !== "function" && !(value as { toJSON?: unknown }).toJSON;
}
