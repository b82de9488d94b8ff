/** From the import of the module to the first connection. */
export async function startUp({ url, contestant }) {
  const before = performance.now();
  const { create } = await import(`../contestants/${contestant}.mjs`);
  const imported = performance.now();
  const client = create(url);
  await client.start();
  const started = performance.now();
  await client.stop();
  return { imported: imported - before, started: started - imported };
}
