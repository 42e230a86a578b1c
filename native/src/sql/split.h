// Where the data of an INSERT begins: the part of a statement that ClickHouse's parser does not
// read.
#ifndef THEFLASH_SQL_SPLIT_H_
#define THEFLASH_SQL_SPLIT_H_

#include <optional>
#include <string_view>

namespace theflash::sql {

// Gives the offset after INSERT … VALUES or INSERT … FORMAT <name>, or the size of the statement
// where no data follows. Errors: SqlError as Split.
size_t FindData(std::string_view statement);

// An INSERT that carries its data, in its parts; views into the statement.
struct InsertData {
  std::string_view query;   // up to VALUES or FORMAT
  std::string_view format;  // "Values", or the name as it stands after FORMAT
  std::string_view data;
};

// nullopt where the statement carries no data. Errors: SqlError as Split.
std::optional<InsertData> FindInsertData(std::string_view statement);

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_SPLIT_H_
