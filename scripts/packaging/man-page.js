// The manual page theflash(1), made of oclif's list of commands: what `--help` says, in one page that can be searched.
// The format is that of man(7).

const exitStatus = [
  ['0', 'Done.'],
  [
    '1',
    'It failed, or differences were found: the last lines on the standard error say what, where and what to type next.',
  ],
  ['2', 'The command line is wrong; nothing was done.'],
  ['130', 'It was interrupted.'],
];

/** Gives the page. `commands` are those of oclif's manifest, `environment` variables that no flag names. */
export function manPage({ commands, version, description, environment }) {
  const own = Object.values(commands).sort((a, b) => (a.id < b.id ? -1 : 1));
  const variables = [...environment, ...flagVariables(own)].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `.TH THEFLASH 1 "" "theflash ${escape(version)}" "User Commands"`,
    '.SH NAME',
    `theflash \\- ${text(description.replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    '.B theflash',
    '.I command',
    '[\\fIargument\\fR ...] [\\fIflag\\fR ...]',
    '.SH DESCRIPTION',
    paragraph(description),
    '.PP',
    'Rows and documents go to the standard output, everything else to the standard error.',
    '.SH COMMANDS',
    ...own.flatMap(commandLines),
    '.SH EXIT STATUS',
    ...exitStatus.flatMap(([code, what]) => tagged(code, what)),
    '.SH ENVIRONMENT',
    ...variables.flatMap(([name, what]) => tagged(name, what)),
    '.SH SEE ALSO',
    'The package brings its manual as docs/operations.md, docs/sql.md, docs/types.md, docs/security.md and docs/spark.md.',
    '',
  ].join('\n');
}

function flagVariables(commands) {
  const found = new Map();
  for (const { flags } of commands) {
    for (const { env, name, summary } of Object.values(flags)) {
      if (env !== undefined) found.set(env, `Stands for --${name}: ${summary}`);
    }
  }
  return [...found];
}

function commandLines(command) {
  const args = Object.values(command.args).map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  return [
    `.SS ${escape(['theflash', command.id, ...args].join(' '))}`,
    paragraph(command.summary ?? ''),
    ...(command.description === undefined ? [] : ['.PP', paragraph(command.description)]),
    ...Object.values(command.args).flatMap(({ name, description }) =>
      tagged(name.toUpperCase(), description ?? ''),
    ),
    ...Object.values(command.flags)
      .filter(({ hidden }) => hidden !== true)
      .flatMap(flagLines),
    ...exampleLines(command.examples ?? [], command.id),
  ];
}

function flagLines(flag) {
  const short = flag.char === undefined ? '' : `-${flag.char}, `;
  const long = flag.allowNo === true ? `--[no-]${flag.name}` : `--${flag.name}`;
  const value =
    flag.type === 'boolean' ? '' : ` ${flag.helpValue ?? flag.options?.join('|') ?? 'VALUE'}`;
  const notes = [
    flag.summary,
    flag.description,
    flag.options === undefined || flag.helpValue === undefined
      ? undefined
      : `One of ${flag.options.join(', ')}.`,
    typeof flag.default === 'string' || typeof flag.default === 'number'
      ? `Default: ${flag.default}.`
      : undefined,
    flag.multiple === true ? 'May be given several times.' : undefined,
  ];
  return tagged(short + long + value, notes.filter((note) => note !== undefined).join(' '));
}

function exampleLines(examples, id) {
  if (examples.length === 0) return [];
  const lines = examples.map((example) =>
    escape(example.replaceAll('<%= config.bin %>', 'theflash').replaceAll('<%= command.id %>', id)),
  );
  return ['.PP', 'Examples:', '.PP', '.RS 4', '.nf', ...lines, '.fi', '.RE'];
}

function tagged(term, what) {
  return ['.TP', `.B ${escape(term)}`, paragraph(what)];
}

function paragraph(prose) {
  return prose
    .split(/\n+/)
    .map((line) => text(line.trim()))
    .join('\n.PP\n');
}

/** A line of prose: a dot or quote at its beginning would be a request. */
function text(line) {
  const escaped = escape(line);
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** Backslashes as themselves; hyphens and quotes as those of ASCII, which can be pasted; else by code point. */
function escape(line) {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll(
      /[^\x20-\x7e]/gu,
      (character) => `\\[u${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}
