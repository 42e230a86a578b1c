#include "sql/quote.h"

namespace theflash {
namespace {

std::string QuoteWith(char mark, std::string_view text) {
  std::string quoted(1, mark);
  for (const char c : text) {
    if (c == '\0') {
      quoted += "\\0";
      continue;
    }
    if (c == mark || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += mark;
}

}  // namespace

std::string QuoteName(std::string_view name) { return QuoteWith('`', name); }

std::string QuoteText(std::string_view text) { return QuoteWith('\'', text); }

std::string QuoteTable(std::string_view database, std::string_view table) {
  return QuoteName(database) + "." + QuoteName(table);
}

}  // namespace theflash
