/** Refuses what JSON would silently turn into an empty object, such as a Map, a Blob or an Error. */

/**
 * Checks the fields of a frame after they were written, so that the usual ones cost one look at the text.
 * @throws TypeError that names the part which JSON has emptied
 */
export function checkEmptied(json: string, fields: { readonly data?: unknown }): void {
  if (emptied(fields.data) !== undefined || json.includes("{}")) walk("", fields);
}

/** What a value is if JSON loses its content; undefined for all others. */
export function emptied(value: unknown): string | undefined {
  if (!isOpen(value)) return undefined;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  // An error's message is lost even if it has fields of its own.
  if (tag === "Error") return tag;
  if (/^(Object|Array|Number|Boolean)$/.test(tag)) return undefined;
  // Something with a length is empty already.
  return Object.keys(value).length === 0 && (value as { length?: unknown }).length !== 0 ? tag : undefined;
}

function walk(path: string, value: unknown): void {
  const name = emptied(value);
  if (name !== undefined)
    throw new TypeError(
      `${path} is of type ${name}, which JSON can't hold. Send a plain object, an array, text or bytes, such as Object.fromEntries(map), [...set], error.message, await blob.arrayBuffer().`,
    );
  if (!isOpen(value)) return;
  const isArray = Array.isArray(value);
  for (const [key, part] of Object.entries(value))
    walk(isArray ? `${path}[${key}]` : (path && `${path}.${key}`) || key, part);
}

/** An object that JSON writes by its fields. */
function isOpen(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { toJSON?: unknown }).toJSON !== "function"
  );
}
