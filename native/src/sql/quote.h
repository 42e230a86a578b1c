// Names and texts as they stand in SQL.
#ifndef THEFLASH_SQL_QUOTE_H_
#define THEFLASH_SQL_QUOTE_H_

#include <string>
#include <string_view>

namespace theflash {

// `name` between backticks, with ClickHouse's escapes.
std::string QuoteName(std::string_view name);

// 'text' as a ClickHouse string literal. Any bytes will do.
std::string QuoteText(std::string_view text);

// `database`.`table`
std::string QuoteTable(std::string_view database, std::string_view table);

}  // namespace theflash

#endif  // THEFLASH_SQL_QUOTE_H_
