import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const read = async (name: string) => readFile(new URL(`../../page/${name}`, import.meta.url), "utf8");

/** The page with its script and style within, and the policy that lets nothing else run. */
export interface TracePage {
  readonly html: string;
  readonly policy: string;
}

export async function tracePage(): Promise<TracePage> {
  const [html, style, script] = await Promise.all([read("trace.html"), read("trace.css"), read("trace.js")]);
  return {
    html: html
      .replace('<link rel="stylesheet" href="trace.css" />', () => `<style>${style}</style>`)
      .replace(
        '<script type="module" src="trace.js"></script>',
        () => `<script type="module">${script}</script>`,
      ),
    policy: [
      "default-src 'none'",
      `style-src ${source(style)}`,
      `script-src ${source(script)}`,
      "connect-src 'self'",
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  };
}

function source(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
