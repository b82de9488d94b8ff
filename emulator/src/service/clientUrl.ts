/** Most characters of a path that are shown. */
const maxShownPath = 200;

/** The hub that a client's URL names; the empty string: none. Undefined: clients don't connect at this path. */
export function hubOf(url: URL): string | undefined {
  const hub = /^\/client\/?$/i.test(url.pathname)
    ? (url.searchParams.get("hub") ?? "")
    : /^\/client\/hubs\/([^/]+)$/i.exec(url.pathname)?.[1];
  return hub === undefined ? undefined : decode(hub);
}

/** Why a request to this path is refused. */
export function wrongPath({ pathname }: URL): string {
  return `There is nothing at ${pathname.slice(0, maxShownPath)}: clients connect to /client/hubs/<hub>.`;
}

/** What can't be decoded stays as it is: it is no hub's name either way. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
