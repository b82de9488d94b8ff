/** Fields of one protobuf message by their number: numbers, and what has a length, in the order in which they came. */
export type Fields = ReadonlyMap<number, readonly (number | Buffer)[]>;

export function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("A frame is cut off.");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const add = (field: number, value: number | Buffer): void => {
    const known = fields.get(field);
    if (known === undefined) fields.set(field, [value]);
    else known.push(value);
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 0) add(field, varint());
    else if (type === 2) {
      const length = varint();
      if (at + length > bytes.length) throw new Error(`Field ${field} is cut off.`);
      add(field, bytes.subarray(at, at + length));
      at += length;
    } else throw new Error(`Field ${field} has the wire type ${type}.`);
  }
  return fields;
}

/** Of several numbers, texts or messages in one field the last one counts. */
export function numberOf(fields: Fields, field: number): number | undefined {
  const value = fields.get(field)?.at(-1);
  return typeof value === "number" ? value : undefined;
}

export function textOf(fields: Fields, field: number): string | undefined {
  const value = fields.get(field)?.at(-1);
  return Buffer.isBuffer(value) ? value.toString() : undefined;
}

export function messageOf(fields: Fields, field: number): Fields | undefined {
  return messagesOf(fields, field).at(-1);
}

export function messagesOf(fields: Fields, field: number): Fields[] {
  return (fields.get(field) ?? []).filter((value) => Buffer.isBuffer(value)).map((value) => fieldsOf(value));
}

/** A map of strings. */
export function entriesOf(fields: Fields, field: number): Record<string, string> {
  const pairs = messagesOf(fields, field).map((pair) => [textOf(pair, 1) ?? "", textOf(pair, 2) ?? ""]);
  return Object.fromEntries(pairs) as Record<string, string>;
}
