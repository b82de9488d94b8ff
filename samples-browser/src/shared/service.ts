/** Whether there is the local service, which fails on demand and keeps the rooms' lines, or the cloud. */
export const isLocal: boolean = await fetch("/service")
  .then(async (response) => ((await response.json()) as { readonly local: boolean }).local)
  .catch(() => false);
