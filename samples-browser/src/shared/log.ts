/**
 * Keeps a log at its end, unless its reader has scrolled up. Both its own size, which a phone's keyboard changes, and
 * that of its content are watched. @returns what ends it
 */
export function stayAtEnd(log: HTMLElement): () => void {
  let atEnd = true;
  // As they were when it was put at its end: what has come since is no scrolling of the reader's.
  let { scrollHeight, clientHeight } = log;
  const onScroll = (): void => {
    atEnd = scrollHeight - log.scrollTop - clientHeight < 80;
  };
  const sizes = new ResizeObserver(() => {
    ({ scrollHeight, clientHeight } = log);
    if (atEnd) log.scrollTop = scrollHeight;
  });
  for (const each of [log, ...log.children]) sizes.observe(each);
  log.addEventListener("scroll", onScroll);
  return () => {
    sizes.disconnect();
    log.removeEventListener("scroll", onScroll);
  };
}
