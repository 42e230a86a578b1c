import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { FlashError } from '../protocol/index.js';

/** The programs that a build calls, by absolute path. */
export interface Toolchain {
  cmake: string;
  cxx: string;
  /** CMake's name of the generator that the machine has. */
  generator: 'Ninja' | 'Unix Makefiles';
}

interface Tool {
  programs: readonly string[];
  debianPackage: string;
  purpose: string;
}

const cmakeTool: Tool = { programs: ['cmake'], debianPackage: 'cmake', purpose: 'CMake' };
const cxxTool: Tool = {
  programs: ['g++', 'c++', 'clang++'],
  debianPackage: 'g++',
  purpose: 'a C++ compiler',
};
const makeTool: Tool = { programs: ['make'], debianPackage: 'make', purpose: 'make or ninja' };

/**
 * Finds the programs on `searchPath` (the PATH variable).
 *
 * Errors: TOOL, once for all that is missing, with the Debian packages that bring it.
 */
export async function findToolchain(searchPath: string): Promise<Toolchain> {
  const cmake = await findProgram(cmakeTool.programs, searchPath);
  const cxx = await findProgram(cxxTool.programs, searchPath);
  const ninja = await findProgram(['ninja', 'ninja-build'], searchPath);
  const make = ninja ?? (await findProgram(makeTool.programs, searchPath));
  if (cmake !== undefined && cxx !== undefined && make !== undefined) {
    return { cmake, cxx, generator: ninja === undefined ? 'Unix Makefiles' : 'Ninja' };
  }
  const missing = [
    ...(cmake === undefined ? [cmakeTool] : []),
    ...(cxx === undefined ? [cxxTool] : []),
    ...(make === undefined ? [makeTool] : []),
  ];
  const what = missing.map((tool) => tool.purpose).join(', ');
  const packages = missing.map((tool) => tool.debianPackage).join(' ');
  throw new FlashError('TOOL', `ch.so can't be built: the PATH has no ${what}.`, {
    hint: `On Debian and Ubuntu: sudo apt-get install ${packages}`,
  });
}

/** Gives the path of the first program that a folder of `searchPath` holds. */
export async function findProgram(
  programs: readonly string[],
  searchPath: string,
): Promise<string | undefined> {
  for (const program of programs) {
    for (const folder of searchPath.split(path.delimiter)) {
      const candidate = path.join(folder, program);
      if (folder !== '' && (await isExecutable(candidate))) return candidate;
    }
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
