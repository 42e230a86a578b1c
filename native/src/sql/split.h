// Where the data of an INSERT begins: the part of a statement that is not SQL.
#ifndef THEFLASH_SQL_SPLIT_H_
#define THEFLASH_SQL_SPLIT_H_

#include <string_view>

namespace theflash::sql {

// Gives the offset behind INSERT … FORMAT <name>, or the size of the statement where no data
// follows (VALUES and FORMAT Values are SQL). Errors: SqlError as Split.
size_t FindData(std::string_view statement);

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_SPLIT_H_
