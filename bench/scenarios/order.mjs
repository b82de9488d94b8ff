/** Tells the benchmarks' service to do something with a session. @returns its times */
export async function order(url, what, id, more = "") {
  const { host } = new URL(url);
  const response = await fetch(`http://${host}/${what}?id=${id}${more}`, { method: "POST" });
  if (!response.ok) throw new Error(`The service knows no session ${id}.`);
  return response.json();
}
