/** A handler's URL, in which `{event}` and `{hub}` are replaced. */
export class UrlTemplate {
  readonly #template: string;

  /** Throws an error that says what is wrong. */
  constructor(template: string) {
    const authority = /^https?:\/\/([^/?#]+)/i.exec(template)?.[1];
    if (authority === undefined) throw new TypeError(`url must be an HTTP URL, but is ${template}.`);
    const unknown = (template.match(/\{[^{}]*\}/g) ?? []).find((name) => !/^\{(?:event|hub)\}$/i.test(name));
    if (unknown !== undefined) throw new TypeError(`url may hold {event} and {hub}, but not ${unknown}.`);
    if (/\{event\}/i.test(authority)) throw new TypeError("url must not have {event} in its host.");
    this.#template = template;
    if (!URL.canParse(this.fill("hub", "event"))) throw new TypeError(`url is not valid: ${template}.`);
  }

  fill(hub: string, event: string): string {
    return this.#template
      .replaceAll(/\{hub\}/gi, () => encodeURIComponent(hub))
      .replaceAll(/\{event\}/gi, () => encodeURIComponent(event));
  }
}
