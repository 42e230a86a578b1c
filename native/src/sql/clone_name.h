// What the clones of a snapshot's tables are called.
#ifndef THEFLASH_SQL_CLONE_NAME_H_
#define THEFLASH_SQL_CLONE_NAME_H_

#include <string>
#include <string_view>

namespace theflash::sql {

// The names of clones that grants reach begin so; those of earlier versions begin with a digit.
inline constexpr std::string_view kCloneBegin = "s.";

// The name of a snapshot's clone of a table, such that a grant by pattern reaches the clones of
// what the pattern names: "s.shop.orders.12_0". "12_0" where the names are too long for that or
// have other characters than letters, digits, _ and -: such clones are the owner's alone.
std::string CloneName(std::string_view database, std::string_view table, std::string_view id);

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_CLONE_NAME_H_
