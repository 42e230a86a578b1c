/**
 * Gives the member of an ENUM that a literal stands for: its text, without regard to case where that is
 * ASCII, or its number; undefined where it is not certain.
 *
 * Source: MySQL 8.4 manual, "The ENUM Type".
 */
export function enumMember(
  text: string,
  isString: boolean,
  members: readonly string[],
): string | undefined {
  const found = isString ? findMember(text, members) : undefined;
  if (found !== undefined) return found;
  if (!/^\d{1,5}$/.test(text) || text === '0') return undefined;
  return members[Number(text) - 1];
}

/** Gives a SET's text for a literal: members in order of definition, or the bits of a number. */
export function setMembers(
  text: string,
  isString: boolean,
  members: readonly string[],
): string | undefined {
  if (!isString) {
    if (!/^\d{1,20}$/.test(text) || BigInt(text) >> BigInt(members.length) !== 0n) return undefined;
    return setText(members.filter((_, index) => (BigInt(text) >> BigInt(index)) & 1n));
  }
  if (text === '') return '';
  const wanted = text.split(',').map((part) => findMember(part, members));
  if (wanted.includes(undefined)) return undefined;
  return setText(members.filter((member) => wanted.includes(member)));
}

/** Gives the text of a SET's members: the server writes no comma after an empty one that comes first. */
function setText(members: readonly string[]): string {
  return members.join(',').replace(/^,/, '');
}

/** Finds a member as the column's collation would, as far as that is the same for all. */
export function findMember(text: string, members: readonly string[]): string | undefined {
  const trimmed = text.replace(/ +$/, '');
  if (members.includes(trimmed)) return trimmed;
  const isAscii = /^[\0-\x7f]*$/.test(trimmed);
  const lower = trimmed.toLowerCase();
  return isAscii ? members.find((member) => member.toLowerCase() === lower) : undefined;
}
