import type { Advice } from "./core/advice.js";
import { report } from "./core/util/report.js";
import { checkEvent, checkNames } from "./spelling.js";
import { isNews } from "./toldOnce.js";

const EXPIRED = "The access token has expired.";
const FIXED =
  "A fixed URL can't be renewed: give { getClientAccessUrl: async () => ... }, which returns a fresh one each time.";
const TOKEN = "The access token may be missing, expired or for another hub.";

/** What the complete client tells the author of an application. */
export const ADVICE: Advice = {
  checkNames,
  checkEvent,
  explain(why, url, { environment, logger }, source) {
    if (/EPROTO|wrong version|packet length/i.test(why)) return ". The port doesn't speak TLS: use ws://.";
    const isRefused = /: 401/.test(why);
    // Browsers say no more.
    if (!isRefused && !/^$|non-101/.test(why)) return "";
    // Only now, since the local clock may be wrong. A recovery has a token of its own.
    if (!url.includes("awps_connection_id=") && hasExpired(url, environment.now())) {
      if (!source.isFixed()) return `. ${EXPIRED}`;
      const words = `${EXPIRED} ${FIXED}`;
      logger.warning(words);
      if (isNews(source, words)) report(words);
      return `. ${words}`;
    }
    if (isRefused) return `. ${TOKEN}`;
    const where = why ? "" : " The browser shows more in the network panel of its developer tools.";
    return `. ${TOKEN} Or the server can't be reached.${where}`;
  },
};

/** Whether the access token in a URL has expired; false if that can't be read. */
function hasExpired(url: string, now: number): boolean {
  try {
    const [, body = ""] = /[?&]access_token=[^.&#]*\.([^.&#]*)/.exec(url) ?? [];
    const claims = JSON.parse(atob(body.replace(/-/g, "+").replace(/_/g, "/"))) as { exp: number };
    return claims.exp * 1_000 <= now;
  } catch {
    return false;
  }
}
