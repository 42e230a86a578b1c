// What a shared library asks of a machine, read from readelf's output.

/** Gives the libraries that the loader has to find, from `readelf --dynamic`. */
export function librariesOf(text: string): string[] {
  return [...text.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name = '']) => name);
}

/** Gives the newest version of glibc that is asked for, from `readelf --version-info`. */
export function glibcMinOf(text: string): string {
  const versions = [...text.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(
    ([, major, minor]) => [Number(major), Number(minor)] as const,
  );
  const [newest = [0, 0]] = versions.sort(([a, b], [c, d]) => c - a || d - b);
  return newest.join('.');
}
