/** What may stand in a template: texts are escaped, HTML and lists of it are taken as they are. */
export type HtmlValue = Html | string | number | bigint | undefined | readonly HtmlValue[];

/** A piece of HTML. `html` and `styleElement` alone make it, so that whatever is not of this program's own text is escaped. */
export type Html = HtmlPiece;

class HtmlPiece {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/**
 * Makes HTML of a template: each value in it is escaped for texts and for attributes in quotes. Undefined gives nothing.
 *
 * Guarantee: no value opens or ends an element or an attribute. Attributes need their quotes in the template, which
 * test/server/http/page/html.test.ts looks for.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const text = strings.reduce((sum, each, index) => sum + valueText(values[index - 1]) + each);
  return new HtmlPiece(text);
}

/** A `<style>` of this program's own text, which must not end it. */
export function styleElement(css: string): Html {
  if (css.includes('<')) throw new Error('CSS that has < in it');
  return new HtmlPiece(`<style>${css}</style>`);
}

function valueText(value: HtmlValue): string {
  if (value instanceof HtmlPiece) return value.toString();
  if (Array.isArray(value)) return value.map((each: HtmlValue) => valueText(each)).join('');
  return value === undefined ? '' : escapeText(String(value));
}

/** Control characters, which HTML may not hold, become their pictures. */
function escapeText(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
      // eslint-disable-next-line no-control-regex -- these are meant
      .replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, (letter) =>
        String.fromCharCode(0x2400 + letter.charCodeAt(0)),
      )
      .replaceAll('\x7f', '\u2421')
  );
}
