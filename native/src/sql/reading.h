// How a statement is read: as ClickHouse's own parser prints it.
#ifndef THEFLASH_SQL_READING_H_
#define THEFLASH_SQL_READING_H_

#include <string>
#include <string_view>

#include "sql/rewrite.h"

namespace theflash::sql {

// Gives a statement as the engine's parser prints it, in one line, with our own words in their
// places and the data of an INSERT as it was. Errors: SqlError; what Catalog::Print throws.
std::string Read(std::string_view statement, Catalog& catalog);

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_READING_H_
