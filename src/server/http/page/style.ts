import { createHash } from 'node:crypto';

/** Of all pages. Colours have words beside them, and 4.5:1 of contrast at least in both schemes. */
export const css = `
:root{color-scheme:light dark;--back:#fff;--raised:#f4f5f7;--text:#1b1f24;--soft:#57606a;--edge:#d0d7de;--link:#0550ae;--good:#116329;--wait:#7d4e00;--bad:#a40e26}
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--raised:#161b22;--text:#e6edf3;--soft:#9198a1;--edge:#30363d;--link:#79b8ff;--good:#56d364;--wait:#e3b341;--bad:#ff8f8f}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:72rem;margin:0 auto;padding:0 1rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline;padding-top:1rem}
h1{font-size:1.35rem;margin:0}
h2{font-size:1.1rem;margin:1.75rem 0 .5rem}
nav ul{display:flex;gap:1rem;list-style:none;margin:0;padding:0}
a{color:var(--link)}
footer{color:var(--soft);padding:1.5rem 1rem 2rem}
p{margin:.5rem 0}
code,pre,textarea{font:13px/1.5 ui-monospace,monospace}
pre{white-space:pre-wrap;margin:.5rem 0}
.state{font-weight:600}
.good{color:var(--good)}
.wait{color:var(--wait)}
.bad{color:var(--bad)}
.box{border:1px solid var(--edge);border-left:4px solid var(--wait);background:var(--raised);padding:.5rem .75rem;margin:.75rem 0}
.box.bad{border-left-color:var(--bad);color:inherit}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1rem;margin:.5rem 0}
dt{color:var(--soft)}
dd{margin:0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1rem}
figure{margin:.5rem 0;border:1px solid var(--edge);background:var(--raised);padding:.5rem .75rem}
svg{display:block;width:100%;height:auto;margin-top:.25rem}
svg text{fill:var(--soft);font-size:10px}
.grid{stroke:var(--edge);stroke-width:.75;fill:none}
.line{stroke:var(--link);stroke-width:1.5;stroke-linecap:round;fill:none}
.scroll{overflow-x:auto;border:1px solid var(--edge)}
.scroll:focus-visible{outline:2px solid var(--link)}
table{border-collapse:collapse;width:100%;overflow-wrap:normal}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--edge);vertical-align:top;unicode-bidi:isolate}
td{max-width:32rem;min-width:4ch;overflow-wrap:anywhere}
.result td,td code{white-space:pre-wrap}
thead th{background:var(--raised);white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.none{color:var(--soft)}
label{display:block;font-weight:600}
textarea{display:block;width:100%;min-height:8rem;margin:.25rem 0 .5rem;padding:.5rem;color:inherit;background:var(--raised);border:1px solid var(--soft)}
button{font:inherit;padding:.25rem .75rem;color:inherit;background:var(--raised);border:1px solid var(--soft);border-radius:4px;cursor:pointer}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.downloads{display:flex;flex-wrap:wrap;gap:.25rem 1rem}
`;

/** What the pages may do: show themselves, with this style, and send forms to this server. No scripts, no pictures from elsewhere. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
