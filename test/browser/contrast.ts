/**
 * Texts whose contrast is under 4.5 (WCAG 2, level AA). Runs in a page, so it stands on its own.
 * @param host whose shadow root is looked at; left out: the page
 */
export function lowContrast(host: string | void): string[] {
  type Color = [red: number, green: number, blue: number, alpha: number];
  const parse = (text: string): Color => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return [red, green, blue, alpha];
  };
  const luminance = ([red, green, blue]: Color): number => {
    const part = (value: number): number => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const behind = (element: Element): Color => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] === 1) return color;
      if (color[3] !== 0) throw new Error("A background lets something shine through.");
    }
    return [255, 255, 255, 1];
  };
  const found: string[] = [];
  let count = 0;
  const place = !host ? document.body : document.querySelector(host)?.shadowRoot;
  for (const element of place?.querySelectorAll("*") ?? []) {
    const text = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
    );
    const disabled = element instanceof HTMLButtonElement && element.disabled;
    if (!text || disabled || ["SCRIPT", "STYLE"].includes(element.tagName) || !element.checkVisibility())
      continue;
    count++;
    const pair = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) found.push(`${element.textContent?.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  if (count < 10) throw new Error("Hardly any text was found: this test has gone blind.");
  return found;
}
