/**
 * Whether a request asks for a page to read, as browsers do. Programs ask for anything, or nothing in particular: they go
 * on getting what ClickHouse gives.
 *
 * Source: RFC 9110, 12.5.1. Java's own client asks for `text/html` in its fixed list of what it takes
 * (sun.net.www.protocol.http.HttpURLConnection), and is no browser.
 */
export function acceptsHtml(accept: string | undefined): boolean {
  if (accept === undefined || accept.startsWith(javaAccept)) return false;
  return accept.split(',').some((each) => {
    const [type = '', ...parameters] = each.split(';').map((part) => part.trim().toLowerCase());
    return type === 'text/html' && !parameters.some((part) => /^q=0(\.0*)?$/.test(part));
  });
}

const javaAccept = 'text/html, image/gif, image/jpeg';
