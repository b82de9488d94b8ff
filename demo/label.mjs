/** Every message says which stream it belongs to and its number there: as text, JSON and bytes in turn. */
export function write(stream, number) {
  switch (number % 3) {
    case 1:
      return `${stream}#${number}`;
    case 2:
      return { stream, number };
    default:
      return Buffer.from(`${stream}#${number}`);
  }
}

/** What `write` has put into a received message's data; throws for anything else. */
export function read({ dataType, data }) {
  const label = dataType === "json" ? data : parse(dataType === "text" ? data : Buffer.from(data).toString());
  const expected = ["binary", "text", "json"][label.number % 3];
  if (dataType !== expected) throw new Error(`Message ${label.number} came as ${dataType}, not ${expected}.`);
  return label;
}

function parse(text) {
  const [stream, number] = text.split("#");
  return { stream, number: Number(number) };
}
